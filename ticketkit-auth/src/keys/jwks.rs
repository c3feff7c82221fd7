use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{Algorithm, KeyError, VerifyingKey, rsa};

/// How large a key set may be, in bytes and in keys.
const MAX_BYTES: usize = 64 * 1024;
const MAX_KEYS: usize = 64;

/// A set of public keys, as `/.well-known/jwks.json` has it (RFC 7517).
///
/// There is no way to put a private or a symmetric key into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// One public key of a [`Jwks`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kid: String,
    kty: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    #[serde(flatten)]
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "crv")]
pub(super) enum Material {
    Ed25519 {
        x: String,
    },
    #[serde(rename = "P-256")]
    P256 {
        x: String,
        y: String,
    },
}

impl Jwk {
    pub(super) fn new(kid: String, material: Material) -> Self {
        let (kty, alg) = match material {
            Material::Ed25519 { .. } => ("OKP", Algorithm::EdDsa.name()),
            Material::P256 { .. } => ("EC", Algorithm::Es256.name()),
        };
        Self { kid, kty, alg, purpose: "sig", material }
    }

    /// Returns the key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

impl Jwks {
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a VerifyingKey>) -> Self {
        Self { keys: keys.filter_map(VerifyingKey::to_jwk).collect() }
    }

    /// Returns the keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Reads a key set of another service, and refuses all of it if one key is unfit.
    ///
    /// Keys for algorithms that this crate does not have, such as RSA, are left out.
    ///
    /// # Errors
    ///
    /// If it does not parse, is too large, or has a key with a private member, a symmetric key, an RSA
    /// key under 2,048 bits, a wrong `use`, `alg`, `key_ops` or curve, no `kid`, or the same `kid`
    /// twice.
    pub fn parse(bytes: &[u8]) -> Result<Vec<VerifyingKey>, KeyError> {
        if bytes.len() > MAX_BYTES {
            return Err(unusable(format!("{} bytes, at most {MAX_BYTES} are read", bytes.len())));
        }
        let set: RawSet =
            serde_json::from_slice(bytes).map_err(|error| unusable(error.to_string()))?;
        if set.keys.len() > MAX_KEYS {
            return Err(unusable(format!("{} keys, at most {MAX_KEYS} are read", set.keys.len())));
        }
        let mut seen = HashSet::new();
        let mut keys = Vec::new();
        for raw in set.keys {
            let Some(key) = raw.into_key()? else { continue };
            if !seen.insert(key.kid().to_owned()) {
                return Err(KeyError::Duplicate(key.kid().to_owned()));
            }
            keys.push(key);
        }
        Ok(keys)
    }
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<RawKey>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    // Members of private keys; that they are there is enough.
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl RawKey {
    fn into_key(self) -> Result<Option<VerifyingKey>, KeyError> {
        if self.kty == "oct" || self.k.is_some() {
            return Err(KeyError::MixedSet(Algorithm::Hs256));
        }
        if self.d.is_some() || self.p.is_some() || self.q.is_some() {
            return Err(unusable("a key with its private member".to_owned()));
        }
        let kid = self
            .kid
            .filter(|kid| !kid.is_empty() && kid.len() <= 256)
            .ok_or_else(|| unusable("a key without a usable kid".to_owned()))?;
        let alg = match (self.kty.as_str(), self.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("RSA", _) => {
                let modulus = self.n.and_then(|n| URL_SAFE_NO_PAD.decode(n).ok());
                let modulus = modulus.ok_or_else(|| unusable(format!("{kid}: no modulus")))?;
                rsa::check_modulus(&modulus)?;
                return Ok(None);
            }
            ("OKP" | "EC", _) => return Err(unusable(format!("{kid}: the curve is unfit"))),
            _ => return Ok(None),
        };
        if self.purpose.is_some_and(|purpose| purpose != "sig") {
            return Err(unusable(format!("{kid}: its use is not sig")));
        }
        if self.key_ops.is_some_and(|ops| ops != ["verify"]) {
            return Err(unusable(format!("{kid}: its key_ops are not verify")));
        }
        if self.alg.is_some_and(|name| name != alg.name()) {
            return Err(unusable(format!("{kid}: its alg is not {alg}")));
        }
        let x = coordinate(self.x, &kid)?;
        let key = match alg {
            Algorithm::EdDsa => VerifyingKey::ed25519(&x)?,
            _ => {
                let y = coordinate(self.y, &kid)?;
                VerifyingKey::p256(&[&[4][..], &x, &y].concat())?
            }
        };
        Ok(Some(key.with_kid(kid)))
    }
}

fn coordinate(value: Option<String>, kid: &str) -> Result<Vec<u8>, KeyError> {
    value
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .filter(|bytes| bytes.len() == 32)
        .ok_or_else(|| unusable(format!("{kid}: a coordinate is not 32 bytes")))
}

fn unusable(reason: String) -> KeyError {
    KeyError::Jwks(reason)
}
