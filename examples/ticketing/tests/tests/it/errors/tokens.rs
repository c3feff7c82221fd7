//! Ways of not being signed in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use ticketing_tests::Request;
use ticketing_tests::person::ACCESS;

/// The headers of a way, each with its name.
pub(super) type Way = (String, Vec<(&'static str, String)>);

/// Every way we could think of to present `token`, or what looks like it, so that it does not
/// count.
pub(super) fn ways(token: &str, refresh: &str) -> Vec<Way> {
    let mut ways: Vec<Way> = vec![
        way("nothing", vec![]),
        way("empty cookie header", vec![("cookie", String::new())]),
        way("another cookie", vec![("cookie", format!("session={token}"))]),
        way("the prefixed twin", vec![("cookie", format!("__Host-ticketkit={token}"))]),
        way("twice in one header", vec![("cookie", format!("{ACCESS}={token}; {ACCESS}={token}"))]),
        way("once and empty", vec![("cookie", format!("{ACCESS}={token}; {ACCESS}="))]),
        way("two headers", vec![cookie(token), cookie(token)]),
        way("cookie and bearer", vec![cookie(token), bearer(token)]),
        way("cookie and bad bearer", vec![cookie(token), bearer("x")]),
        way("bearer twice", vec![bearer(token), bearer(token)]),
        way("bad bearer", vec![bearer("x")]),
        way("empty bearer", vec![("authorization", "Bearer".to_owned())]),
        way("basic", vec![("authorization", "Basic dXNlcjpwYXNz".to_owned())]),
        way("a scheme of its own", vec![("authorization", format!("Token {token}"))]),
    ];
    for (name, bad) in forgeries(token, refresh) {
        ways.push(way(&format!("cookie: {name}"), vec![cookie(&bad)]));
        ways.push(way(&format!("bearer: {name}"), vec![bearer(&bad)]));
    }
    ways
}

/// The request with the headers of the way.
pub(super) fn present(request: Request, way: &Way) -> Request {
    way.1.iter().fold(request, |request, (name, value)| request.header(*name, value))
}

fn way(name: &str, headers: Vec<(&'static str, String)>) -> Way {
    (name.to_owned(), headers)
}

fn cookie(token: &str) -> (&'static str, String) {
    ("cookie", format!("{ACCESS}={token}"))
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// Tokens that are none (security checks T1, T4, T5, T7, T8, T13 to T15, T17).
fn forgeries(token: &str, refresh: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("not three parts: {token}") };
    let named = |name: &str, token: String| (name.to_owned(), token);
    let mut all = vec![
        named("empty", String::new()),
        named("nonsense", "nonsense".to_owned()),
        named("dots", "..".to_owned()),
        named("two parts", format!("{header}.{claims}")),
        named("four parts", format!("{token}.{signature}")),
        named("five parts", format!("{token}.{signature}.{signature}")),
        named("truncated", token[..token.len() - 2].to_owned()),
        named("extended", format!("{token}AAAA")),
        named("no signature", format!("{header}.{claims}.")),
        named("padded", format!("{token}==")),
        named("5 KiB", format!("{header}.{}.{signature}", "A".repeat(5_000))),
        named("the refresh token", refresh.to_owned()),
        named("no object", format!("{header}.{}.{signature}", encode(b"[1,2]"))),
        named("no text", format!("{header}.{}.{signature}", encode(b"\xff\xfe"))),
        named("deep", format!("{header}.{}.{signature}", encode("[".repeat(1_500).as_bytes()))),
    ];
    for index in [0, signature.len() / 2] {
        let mut flipped = signature.as_bytes().to_vec();
        flipped[index] = if flipped[index] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8_lossy(&flipped).into_owned();
        all.push(named("another signature", format!("{header}.{claims}.{flipped}")));
    }
    let mut richer = decode(claims);
    richer["roles"] = json!(["admin"]);
    all.push(named("more roles", format!("{header}.{}.{signature}", encode_json(&richer))));
    let mut later = decode(claims);
    later["exp"] = json!(99_999_999_999_i64);
    all.push(named("later end", format!("{header}.{}.{signature}", encode_json(&later))));
    for (member, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!(null)),
        ("alg", json!(1)),
        ("typ", json!("JWT")),
        ("kid", json!("")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' or 1=1 --")),
        ("kid", json!("a\r\nb\0")),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": signature})),
        ("jku", json!("http://127.0.0.1:9/keys")),
    ] {
        let mut other = decode(header);
        other[member] = value.clone();
        for signature in [signature, ""] {
            let forged = format!("{}.{claims}.{signature}", encode_json(&other));
            all.push((format!("{member} {value}"), forged));
        }
    }
    all
}

fn decode(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn encode_json(value: &Value) -> String {
    encode(value.to_string().as_bytes())
}
