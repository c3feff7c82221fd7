//! T1 to T5, T16, T20: how a token is signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use serde_json::{Value, json};
use ticketkit_auth::{
    KeySet, TokenVerifier,
    keys::{Algorithm, Jwks, SigningKey},
    token::InvalidToken,
};

use crate::forge::{Forge, changed};

#[test]
fn t1_a_token_without_a_signature_algorithm_is_refused() {
    let forge = Forge::new();
    for alg in ["none", "None", "NONE", "nOnE", "none ", "", "\u{0}none"] {
        let header = changed(forge.header(), "alg", Some(json!(alg)));
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(forge.claims().to_string())
        );
        for signature in [String::new(), forge.signature(&message)] {
            let token = format!("{message}.{signature}");
            assert_eq!(forge.refused(&token), InvalidToken::Algorithm, "{alg:?}");
        }
    }
    for alg in [None, Some(Value::Null), Some(json!(0)), Some(json!(["EdDSA"]))] {
        assert_eq!(forge.refused(&forge.member("alg", alg)), InvalidToken::Header);
    }
}

#[test]
fn t2_a_public_key_is_no_hmac_secret() {
    let forge = Forge::new();
    let jwk = serde_json::to_value(forge.ring.jwks()).expect("JSON")["keys"][0].clone();
    let x = jwk["x"].as_str().expect("a coordinate");
    let raw = URL_SAFE_NO_PAD.decode(x).expect("base64url");
    let spki =
        [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0][..], &raw].concat();
    let header = changed(forge.header(), "alg", Some(json!("HS256")));
    for secret in [raw, spki, x.as_bytes().to_vec(), jwk.to_string().into_bytes(), Vec::new()] {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(forge.claims().to_string())
        );
        let signature = jsonwebtoken::crypto::sign(
            message.as_bytes(),
            &EncodingKey::from_secret(&secret),
            jsonwebtoken::Algorithm::HS256,
        )
        .expect("a signature");
        assert_eq!(forge.refused(&format!("{message}.{signature}")), InvalidToken::Algorithm);
    }
}

#[test]
fn t3_t4_a_key_works_for_its_one_algorithm() {
    for own in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
        let forge = Forge::with(own);
        assert!(forge.verifier.verify(&forge.token()).is_ok(), "{own}");
        for other in
            ["EdDSA", "ES256", "HS256", "ES384", "RS256", "PS256", "HS512", "eddsa", "Ed25519"]
        {
            if other != own.name() {
                let token = forge.member("alg", Some(json!(other)));
                assert_eq!(forge.refused(&token), InvalidToken::Algorithm, "{own} as {other}");
            }
        }
    }
}

#[test]
fn t5_strange_key_ids_are_unknown_keys() {
    let forge = Forge::new();
    let long = "k".repeat(2000);
    for kid in
        ["", "no-such-key", "../../etc/passwd", "' or 1=1 --", "a\u{0}b", "a\r\nlevel=error", &long]
    {
        let token = forge.member("kid", Some(json!(kid)));
        let reason = forge.refused(&token);
        assert_eq!(reason, InvalidToken::UnknownKey);
        let log = reason.to_string();
        assert!(kid.is_empty() || !log.contains(kid), "the log repeats {kid:?}");
    }
    assert_eq!(
        forge.refused(&forge.member("kid", Some(json!("k".repeat(10_000))))),
        InvalidToken::TooLarge
    );
    for kid in [None, Some(Value::Null), Some(json!(1)), Some(json!(["a"]))] {
        assert_eq!(forge.refused(&forge.member("kid", kid)), InvalidToken::Header);
    }
}

#[test]
fn t16_the_vector_of_rfc_8037_verifies() {
    // RFC 8037, appendix A.1, A.3 and A.4.
    let public = json!({
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let ring_of = |jwk: &Value| {
        let jwk = changed(jwk.clone(), "kid", Some(json!("rfc")));
        Jwks::parse(json!({ "keys": [jwk] }).to_string().as_bytes())
    };
    let keys = ring_of(&public).expect("a public key");
    assert_eq!(keys[0].algorithm(), Algorithm::EdDsa);

    // The thumbprint of the same key, from its private half in PKCS#8.
    let seed =
        URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("base64url");
    let pkcs8 =
        [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &seed]
            .concat();
    let key = SigningKey::from_pkcs8(&pkcs8).expect("a private key");
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let jwk = serde_json::to_value(key.verifying_key().to_jwk()).expect("JSON");
    assert_eq!(jwk["x"], public["x"]);
}

#[test]
fn t16_tokens_agree_with_the_library_both_ways() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let forge = Forge::with(algorithm);
        let document = serde_json::to_string(&forge.ring.jwks()).expect("JSON");
        let set: jsonwebtoken::jwk::JwkSet =
            serde_json::from_str(&document).expect("a standard key set");
        let key = DecodingKey::from_jwk(&set.keys[0]).expect("a standard key");
        let alg = jsonwebtoken::decode_header(forge.token()).expect("a header").alg;
        let mut validation = Validation::new(alg);
        validation.set_audience(&["ticketing"]);
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Value>(forge.token(), &key, &validation);
        assert_eq!(decoded.expect("a standard token").claims["sub"], "user");

        let fetched = KeySet::from_jwks(document.as_bytes()).expect("our own set");
        let verifier =
            TokenVerifier::new(fetched, "ticketing", "ticketing").clock(forge.time.clock());
        assert!(verifier.verify(&forge.token()).is_ok());
    }
}

#[test]
fn t20_empty_signatures_are_refused() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
        let forge = Forge::with(algorithm);
        let token = forge.token();
        let message = token.rsplit_once('.').expect("three parts").0;
        for length in [0, 1, 32, 63, 64, 65, 72, 96] {
            for byte in [0, 0xff] {
                let signature = URL_SAFE_NO_PAD.encode(vec![byte; length]);
                let token = format!("{message}.{signature}");
                assert_eq!(forge.refused(&token), InvalidToken::Signature, "{algorithm} {length}");
            }
        }
    }
}
