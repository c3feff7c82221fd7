//! T6, T7, T8, T13, T14, T15, T17: the form of a token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use proptest::prelude::*;
use serde_json::json;
use ticketkit_auth::{AuthLayer, Caller, Refusal, testing::TestAuth, token::InvalidToken};

use crate::forge::Forge;

#[test]
fn an_honest_token_is_accepted() {
    let forge = Forge::new();
    let claims = forge.verifier.verify(&forge.token()).expect("an honest token");
    assert_eq!(claims.sub, "user");
    assert!(claims.has_role("admin"));
}

#[test]
fn t6_keys_are_never_taken_from_the_token() {
    let forge = Forge::new();
    for (name, value) in [
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/cert")),
        ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
    ] {
        assert_eq!(forge.refused(&forge.member(name, Some(value))), InvalidToken::Header, "{name}");
    }
}

#[test]
fn t7_critical_extensions_and_unencoded_payloads_are_refused() {
    let forge = Forge::new();
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!("b64")),
        ("b64", json!(false)),
        ("b64", json!(true)),
    ] {
        assert_eq!(forge.refused(&forge.member(name, Some(value))), InvalidToken::Header, "{name}");
    }
}

#[test]
fn t8_only_access_tokens_are_accepted() {
    let forge = Forge::new();
    for typ in ["JWT", "jwt", "rt+jwt", "id+jwt", "AT+JWT", "at+jwt ", "", "at+jwt\u{0}"] {
        let token = forge.member("typ", Some(json!(typ)));
        assert_eq!(forge.refused(&token), InvalidToken::Type, "{typ:?}");
    }
    for typ in [None, Some(json!(null)), Some(json!(["at+jwt"])), Some(json!(1))] {
        assert_eq!(forge.refused(&forge.member("typ", typ)), InvalidToken::Header);
    }
}

#[test]
fn t13_a_large_token_is_refused_before_it_is_decoded() {
    let forge = Forge::new();
    let token = forge.claim("email", Some(json!("a".repeat(4096))));
    assert_eq!(forge.refused(&token), InvalidToken::TooLarge);
    // The reason for one that could not be decoded is the same: nobody tried.
    assert_eq!(forge.refused(&"\u{fc}.".repeat(5_000_000)), InvalidToken::TooLarge);

    let longest = forge.claim("email", Some(json!("a".repeat(2000))));
    assert!(forge.verifier.verify(&longest).is_ok(), "{} bytes", longest.len());
}

#[test]
fn t14_malformed_claims_are_refused() {
    let forge = Forge::new();
    let claims = forge.claims().to_string();
    let with = |members: &str| format!("{},{members}}}", &claims[..claims.len() - 1]);
    for (what, payload) in [
        ("a claim twice", with(r#""sub":"somebody else""#).into_bytes()),
        ("a claim twice, one of them escaped", with(r#""su\u0062":"somebody else""#).into_bytes()),
        ("an unknown claim twice", with(r#""x":1,"x":2"#).into_bytes()),
        (
            "deep nesting",
            with(&format!(r#""x":{}{}"#, "[".repeat(500), "]".repeat(500))).into_bytes(),
        ),
        ("deep nesting, never closed", with(&format!(r#""x":{}"#, "[".repeat(900))).into_bytes()),
        ("invalid UTF-8", [&claims.as_bytes()[..claims.len() - 1], b",\"x\":\"\xff\"}"].concat()),
        ("a list", b"[]".to_vec()),
        ("text", b"\"claims\"".to_vec()),
        ("null", b"null".to_vec()),
        ("nothing", Vec::new()),
        ("two documents", [claims.as_bytes(), b"{}"].concat()),
        ("a comment", [claims.as_bytes(), b"//"].concat()),
    ] {
        let token = forge.sign(forge.header().to_string().as_bytes(), &payload);
        assert_eq!(forge.refused(&token), InvalidToken::Claims, "{what}");
    }
    // What others put beside our claims does not matter.
    let token = forge.claim("org", Some(json!({ "id": [1, 2, { "a": "]]]]]]]]]]" }] })));
    assert!(forge.verifier.verify(&token).is_ok());
}

#[test]
fn t14_a_header_with_a_member_twice_or_of_the_wrong_form_is_refused() {
    let forge = Forge::new();
    let claims = forge.claims().to_string();
    let header = forge.header().to_string();
    let twice = format!(r#"{},"alg":"EdDSA"}}"#, &header[..header.len() - 1]);
    for header in [twice.as_str(), "[]", "null", "", "{", r#"{"alg":{"alg":"EdDSA"}}"#] {
        let token = forge.sign(header.as_bytes(), claims.as_bytes());
        assert_eq!(forge.refused(&token), InvalidToken::Header, "{header}");
    }
}

#[test]
fn t15_a_token_with_any_bit_flipped_is_refused() {
    let forge = Forge::new();
    let token = forge.token();
    assert!(forge.verifier.verify(&token).is_ok());
    for at in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).expect("seven bits are ASCII");
            forge.refused(&flipped);
        }
    }
}

/// The eighth bit makes it no text: such a token comes in a header only.
#[test]
fn t15_a_token_that_is_no_text_is_refused() {
    let forge = Forge::new();
    let token = forge.token();
    let layer = AuthLayer::new(forge.verifier.clone(), TestAuth::new().cookies());
    let ask = |name: HeaderName, value: Vec<u8>| {
        let value = HeaderValue::from_bytes(&value).expect("a header value");
        layer.caller(&HeaderMap::from_iter([(name, value)]))
    };
    let in_cookie = |token: &[u8]| ask(header::COOKIE, [b"ticketkit=", token].concat());
    // So that the honest one is in the cache.
    assert!(matches!(in_cookie(token.as_bytes()), Caller::User(_)));
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] |= 0x80;
        for caller in
            [in_cookie(&bytes), ask(header::AUTHORIZATION, [b"Bearer ", bytes.as_slice()].concat())]
        {
            assert!(matches!(caller, Caller::Refused(Refusal::Invalid(_))), "{at}: {caller:?}");
        }
    }
}

#[test]
fn t15_a_token_cut_or_extended_anywhere_is_refused() {
    let forge = Forge::new();
    let token = forge.token();
    for at in 0..token.len() {
        forge.refused(&token[..at]);
        forge.refused(&token[at + 1..]);
    }
    for extra in ["A", "=", ".", " ", "\n", "\0"] {
        forge.refused(&format!("{token}{extra}"));
        forge.refused(&format!("{extra}{token}"));
    }
}

proptest! {
    #[test]
    fn t15_no_text_is_a_token_by_chance(text in "\\PC{0,200}") {
        prop_assert!(Forge::new().verifier.verify(&text).is_err());
    }
}

#[test]
fn t17_other_serialisations_are_refused() {
    let forge = Forge::new();
    let token = forge.token();
    let parts: Vec<&str> = token.split('.').collect();
    let json = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] });
    for other in [
        format!("{token}.AAAA.AAAA"),
        format!("{token}."),
        format!(".{token}"),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}..{}", parts[0], parts[2]),
        json.to_string(),
        json!({ "payload": parts[1], "signatures": [json] }).to_string(),
        URL_SAFE_NO_PAD.encode(&token),
    ] {
        forge.refused(&other);
    }
    assert_eq!(forge.refused(&format!("{token}.AAAA.AAAA")), InvalidToken::Parts);
    for zip in ["DEF", "none"] {
        let token = forge.member("zip", Some(json!(zip)));
        assert_eq!(forge.refused(&token), InvalidToken::Header);
    }
}
