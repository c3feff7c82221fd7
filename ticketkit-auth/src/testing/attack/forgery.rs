//! What can be made of an honest token without its key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A forged token, the id of the check that it belongs to, and what it is.
pub(super) struct Forgery {
    pub(super) id: &'static str,
    pub(super) what: String,
    pub(super) token: String,
}

impl Forgery {
    pub(super) fn new(id: &'static str, what: impl Into<String>, token: String) -> Self {
        Self { id, what: what.into(), token }
    }
}

/// The parts of an honest token.
pub(super) struct Parts<'a> {
    pub(super) header: Value,
    pub(super) payload: &'a str,
    pub(super) signature: &'a str,
    pub(super) whole: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a token apart; nothing if it is none.
    pub(super) fn of(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        Some(Self {
            header: serde_json::from_slice(&header).ok()?,
            payload,
            signature,
            whole: token,
        })
    }

    fn with(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.with_header(&header)
    }

    fn with_header(&self, header: &Value) -> String {
        format!("{}.{}.{}", encode(header), self.payload, self.signature)
    }
}

/// All that needs no key; `jwks` is the public key set where it is known.
pub(super) fn without_key(parts: &Parts<'_>, jwks: Option<&Value>) -> Vec<Forgery> {
    let mut all = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let mut header = parts.header.clone();
        header["alg"] = json!(alg);
        let message = format!("{}.{}", encode(&header), parts.payload);
        all.push(Forgery::new("T1", format!("alg {alg:?}, no signature"), format!("{message}.")));
        all.push(Forgery::new("T1", format!("alg {alg:?}"), parts.with("alg", json!(alg))));
    }
    for alg in [Value::Null, json!(0)] {
        all.push(Forgery::new("T1", format!("alg {alg}"), parts.with("alg", alg)));
    }
    all.extend(jwks.map(|jwks| public_key_as_secret(parts, jwks)).unwrap_or_default());
    for alg in ["HS256", "ES256", "EdDSA", "RS256", "PS512"] {
        if parts.header["alg"] != alg {
            all.push(Forgery::new("T4", format!("alg {alg}"), parts.with("alg", json!(alg))));
        }
    }
    let long = "k".repeat(2000);
    for kid in ["", "unknown", "../../dev/null", "' or 1=1 --", "a\0b", "a\r\nb: c", &long] {
        let what = format!("kid {:?}", &kid[..kid.len().min(20)]);
        all.push(Forgery::new("T5", what, parts.with("kid", json!(kid))));
    }
    for (id, name, value) in [
        ("T6", "jku", json!("http://127.0.0.1:1/keys")),
        ("T6", "x5u", json!("http://127.0.0.1:1/chain")),
        ("T6", "jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })),
        ("T6", "x5c", json!(["AAAA"])),
        ("T7", "crit", json!(["exp"])),
        ("T7", "crit", json!([])),
        ("T7", "b64", json!(false)),
        ("T8", "typ", json!("JWT")),
        ("T17", "zip", json!("DEF")),
    ] {
        all.push(Forgery::new(id, format!("{name} in the header"), parts.with(name, value)));
    }
    let whole = parts.whole;
    all.push(Forgery::new("T13", "over 4 KiB", format!("{whole}{}", "A".repeat(4096))));
    all.push(Forgery::new("T17", "five parts", format!("{whole}.AAAA.AAAA")));
    let json = json!({ "payload": parts.payload, "signature": parts.signature });
    all.push(Forgery::new("T17", "JSON", URL_SAFE_NO_PAD.encode(json.to_string())));
    all.extend(damaged(parts));
    all
}

/// T2: each form in which a public key is bytes, as an HMAC secret.
fn public_key_as_secret(parts: &Parts<'_>, jwks: &Value) -> Vec<Forgery> {
    let keys = jwks["keys"].as_array().cloned().unwrap_or_default();
    let Some(jwk) = keys.iter().find(|key| key["kid"] == parts.header["kid"]) else {
        return Vec::new();
    };
    let x = jwk["x"].as_str().unwrap_or_default();
    let raw = URL_SAFE_NO_PAD.decode(x).unwrap_or_default();
    let mut header = parts.header.clone();
    header["alg"] = json!("HS256");
    let message = format!("{}.{}", encode(&header), parts.payload);
    [raw, x.as_bytes().to_vec(), jwk.to_string().into_bytes(), Vec::new()]
        .into_iter()
        .map(|secret| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
            let tag = URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()));
            let what = format!("signed with {} bytes of the public key", secret.len());
            Forgery::new("T2", what, format!("{message}.{tag}"))
        })
        .collect()
}

/// T15, T20.
fn damaged(parts: &Parts<'_>) -> Vec<Forgery> {
    let whole = parts.whole;
    let mut all = Vec::new();
    for length in (0..whole.len()).step_by(7) {
        if whole.is_char_boundary(length) && length > 0 {
            all.push(Forgery::new("T15", format!("cut to {length}"), whole[..length].to_owned()));
        }
    }
    for more in ["A", "=", ".", "AAAA"] {
        all.push(Forgery::new("T15", format!("{more:?} after it"), format!("{whole}{more}")));
    }
    for at in (0..whole.len()).step_by(5) {
        let mut bytes = whole.as_bytes().to_vec();
        bytes[at] ^= 2;
        if let Some(text) = String::from_utf8(bytes).ok().filter(|text| is_sendable(text)) {
            all.push(Forgery::new("T15", format!("a bit of byte {at}"), text));
        }
    }
    let message = whole.rsplit_once('.').map_or(whole, |(message, _)| message);
    for length in [0, 32, 64, 72] {
        let signature = URL_SAFE_NO_PAD.encode(vec![0; length]);
        let token = format!("{message}.{signature}");
        all.push(Forgery::new("T20", format!("a signature of {length} zeros"), token));
    }
    all
}

/// Whether a cookie can hold it: what cannot be sent proves nothing.
pub(super) fn is_sendable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
}

pub(super) fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
