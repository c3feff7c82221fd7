//! Reads claims: a JSON object, not deep, no member twice, every type exact.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize,
    de::{Deserializer, Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{Claims, InvalidToken};

/// Claims of others may be objects and lists; more than this is an attack on parsers.
const MAX_DEPTH: usize = 8;

/// Verified claims and the one that is not kept.
pub(super) struct Payload {
    pub(super) claims: Claims,
    pub(super) nbf: Option<i64>,
}

pub(super) fn parse(json: &[u8]) -> Result<Payload, InvalidToken> {
    if depth(json) > MAX_DEPTH {
        return Err(InvalidToken::Claims);
    }
    // As text: what serde skips over in bytes, it does not look at.
    let json = std::str::from_utf8(json).map_err(|_| InvalidToken::Claims)?;
    serde_json::from_str(json).map_err(|_| InvalidToken::Claims)
}

/// Counts how deep brackets are nested outside text; for what is no JSON the number means nothing.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut text, mut escaped) = (false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'{' | b'[' if !text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

// By hand, because derived code keeps the last of two unknown members of one name in silence.
impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the claims of an access token")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
        let mut seen = HashSet::new();
        let (mut iss, mut aud, mut sub, mut sid, mut jti, mut email) = Default::default();
        let (mut iat, mut exp, mut epo, mut nbf) = Default::default();
        let mut roles: Option<Vec<String>> = None;
        let mut custom = Map::new();
        while let Some(name) = map.next_key::<CowStr<'de>>()? {
            match name.0.as_ref() {
                "iss" => iss = Some(map.next_value::<String>()?),
                "aud" => aud = Some(map.next_value::<String>()?),
                "sub" => sub = Some(map.next_value::<String>()?),
                "sid" => sid = Some(map.next_value::<String>()?),
                "jti" => jti = Some(map.next_value::<String>()?),
                "email" => email = Some(map.next_value::<String>()?),
                "iat" => iat = Some(map.next_value::<i64>()?),
                "exp" => exp = Some(map.next_value::<i64>()?),
                "epo" => epo = Some(map.next_value::<i64>()?),
                "nbf" => nbf = Some(map.next_value::<i64>()?),
                "roles" => roles = Some(map.next_value()?),
                other => {
                    custom.insert(other.to_owned(), map.next_value::<Value>()?);
                }
            }
            if !seen.insert(name.0) {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        let claims = Claims {
            iss: iss.ok_or_else(|| A::Error::missing_field("iss"))?,
            aud: aud.ok_or_else(|| A::Error::missing_field("aud"))?,
            sub: sub.filter(|sub| !sub.is_empty()).ok_or_else(|| A::Error::missing_field("sub"))?,
            sid: sid.ok_or_else(|| A::Error::missing_field("sid"))?,
            jti: jti.ok_or_else(|| A::Error::missing_field("jti"))?,
            iat: iat.ok_or_else(|| A::Error::missing_field("iat"))?,
            exp: exp.ok_or_else(|| A::Error::missing_field("exp"))?,
            epo: epo.filter(|&epo| epo >= 0).ok_or_else(|| A::Error::missing_field("epo"))?,
            roles: roles.ok_or_else(|| A::Error::missing_field("roles"))?,
            email: email.ok_or_else(|| A::Error::missing_field("email"))?,
            custom,
        };
        Ok(Payload { claims, nbf })
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct CowStr<'a>(#[serde(borrow)] Cow<'a, str>);
