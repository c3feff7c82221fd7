//! Signed statements in the compact form of RFC 7515: what access tokens, revocations and snapshots
//! have in common.
//!
//! The type in the header tells them apart, so that none of them passes for another.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    keys::{KeyState, SigningKey},
    token::{InvalidToken, IssueError},
};

/// All that a header may have.
///
/// Whatever else RFC 7515 knows would change how the token is to be read (`crit`, `b64`, `zip`) or
/// where its key comes from (`jku`, `jwk`, `x5u`, `x5c`), so a header with any of it is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow)]
    typ: Cow<'a, str>,
}

/// Signs a payload.
pub(crate) fn sign(
    key: &SigningKey,
    typ: &str,
    payload: &impl Serialize,
) -> Result<String, IssueError> {
    let header =
        Header { alg: key.algorithm().name().into(), kid: key.kid().into(), typ: typ.into() };
    let mut text = encode(&header)?;
    text.push('.');
    text.push_str(&encode(payload)?);
    let signature = key.sign(text.as_bytes())?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(text)
}

/// Returns the payload of a statement of this type that one of the keys signed; nothing of it is
/// parsed before that is known.
pub(crate) fn open(keys: &KeyState, typ: &str, text: &str) -> Result<Vec<u8>, InvalidToken> {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(InvalidToken::Parts);
    };
    let header_json = decode(header)?;
    let header: Header<'_> =
        serde_json::from_slice(&header_json).map_err(|_| InvalidToken::Header)?;
    if header.typ != typ {
        return Err(InvalidToken::Type);
    }
    let key = keys.find(&header.kid).ok_or(InvalidToken::UnknownKey)?;
    if header.alg != key.algorithm().name() {
        return Err(InvalidToken::Algorithm);
    }
    let message = &text[..text.len() - signature.len() - 1];
    if !key.verify(message.as_bytes(), &decode(signature)?) {
        return Err(InvalidToken::Signature);
    }
    decode(payload)
}

/// Returns the key id that a statement names, whoever made it.
#[cfg(feature = "remote")]
pub(crate) fn kid(text: &str) -> Option<String> {
    let header = decode(text.split('.').next()?).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    Some(header.kid.into_owned())
}

fn encode(part: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(part)?))
}

fn decode(part: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken::Encoding)
}
