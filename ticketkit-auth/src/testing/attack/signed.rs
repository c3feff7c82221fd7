//! What only the holder of the key can make: right signatures of what must be refused.

use serde_json::{Value, json};

use super::forgery::{Forgery, Parts, encode};
use crate::testing::TestAuth;

/// The honest claims and header, with one thing changed each time, signed.
pub(super) fn with_key(auth: &TestAuth, parts: &Parts<'_>, claims: &Value) -> Vec<Forgery> {
    let sign = |header: &Value, payload: &str| {
        let message = format!("{}.{payload}", encode(header));
        auth.sign(&message)
    };
    let mut all = Vec::new();
    let mut header = |id, name: &str, value: Value| {
        let mut changed = parts.header.clone();
        changed[name] = value.clone();
        let what = format!("{name} {value}, signed");
        all.push(Forgery::new(id, what, sign(&changed, &encode(claims))));
    };
    for typ in ["JWT", "jwt", "refresh+jwt", "id+jwt", ""] {
        header("T8", "typ", json!(typ));
    }
    header("T7", "crit", json!(["b64"]));
    header("T7", "b64", json!(false));
    header("T6", "jku", json!("http://127.0.0.1:1/keys"));
    header("T17", "zip", json!("DEF"));

    let now = claims["iat"].as_i64().unwrap_or_default();
    let mut claim = |id, name: &str, value: Option<Value>| {
        let mut changed = claims.clone();
        let what = format!("{name} {value:?}, signed");
        match (value, changed.as_object_mut()) {
            (Some(value), Some(members)) => drop(members.insert(name.to_owned(), value)),
            (None, Some(members)) => drop(members.remove(name)),
            (_, None) => {}
        }
        all.push(Forgery::new(id, what, sign(&parts.header, &encode(&changed))));
    };
    for (id, name) in [("T9", "aud"), ("T10", "iss")] {
        for value in [None, Some(json!("other")), Some(json!(["ticketing"])), Some(json!(5))] {
            claim(id, name, value);
        }
    }
    for value in [
        None,
        Some(json!(now - 3600)),
        Some(json!("never")),
        Some(json!(1e300)),
        Some(json!(-1)),
        Some(Value::Null),
        Some(json!(i64::MAX)),
        Some(json!(now + 365 * 24 * 3600)),
    ] {
        claim("T11", "exp", value);
    }
    claim("T12", "nbf", Some(json!(now + 3600)));
    claim("T12", "nbf", Some(json!("soon")));
    claim("T12", "iat", Some(json!(now + 3600)));
    for name in ["sub", "sid", "jti", "epo", "roles", "email"] {
        claim("T14", name, None);
    }
    for payload in ["[]", "\"text\"", "5", "null", "{", "\u{ff}"] {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let token = sign(&parts.header, &URL_SAFE_NO_PAD.encode(payload));
        all.push(Forgery::new("T14", format!("the claims {payload:?}, signed"), token));
    }
    let twice = claims.to_string().replacen('{', "{\"sub\":\"root\",", 1);
    {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let token = sign(&parts.header, &URL_SAFE_NO_PAD.encode(twice));
        all.push(Forgery::new("T14", "a claim twice, signed", token));
    }
    all
}
