//! T16: the public vectors of the RFCs, as they are printed there.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use ticketkit_auth::keys::{Algorithm, Jwks, KeyError, VerifyingKey};

/// A token of an RFC and the key that it is printed with.
struct Vector {
    rfc: &'static str,
    key: Value,
    token: &'static str,
}

fn signed() -> Vec<Vector> {
    vec![
        Vector {
            rfc: "7515 A.1",
            key: json!({
                "kty": "oct",
                "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
            }),
            token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        },
        Vector {
            rfc: "7515 A.3",
            key: json!({
                "kty": "EC", "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }),
            token: "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        },
        Vector {
            rfc: "8037 A.4",
            key: json!({
                "kty": "OKP", "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            }),
            token: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        },
    ]
}

fn key_of(jwk: &Value) -> VerifyingKey {
    if let Some(secret) = jwk["k"].as_str() {
        let secret = URL_SAFE_NO_PAD.decode(secret).expect("base64url");
        let key = ticketkit_auth::keys::SigningKey::from_secret(&secret).expect("long enough");
        return key.verifying_key().clone();
    }
    let mut jwk = jwk.clone();
    jwk["kid"] = json!("rfc");
    let set = json!({ "keys": [jwk] }).to_string();
    Jwks::parse(set.as_bytes()).expect("a public key").remove(0)
}

#[test]
fn t16_the_signatures_of_the_rfcs_verify_and_no_changed_one_does() {
    for Vector { rfc, key, token } in signed() {
        let key = key_of(&key);
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        assert!(key.verifies(message.as_bytes(), &signature), "{rfc}");
        assert!(!key.verifies(b"another message", &signature), "{rfc}");
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!key.verifies(message.as_bytes(), &changed), "{rfc}, byte {at}");
        }
    }
}

#[test]
fn t16_the_thumbprints_of_the_rfcs_are_ours() {
    // RFC 8037, A.3. The one of RFC 7638 is of an RSA key, which this crate has not.
    let jwk = &signed()[2].key;
    let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().expect("text")).expect("base64url");
    let der = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &x].concat();
    assert_eq!(der.len(), 44);
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert_eq!(key_of(jwk).thumbprint().as_deref(), Some(thumbprint));
}

#[test]
fn t16_the_key_sets_of_rfc_7517_are_read_or_refused_as_a_whole() {
    let ec = json!({
        "kty": "EC", "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "use": "enc", "kid": "1",
    });
    let rsa = json!({
        "kty": "RSA", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
    });
    let parse = |keys: &[&Value]| Jwks::parse(json!({ "keys": keys }).to_string().as_bytes());
    // A.1 as it is printed: the first key is for encryption.
    assert!(matches!(parse(&[&ec, &rsa]), Err(KeyError::Jwks(_))));
    let mut signing = ec.clone();
    signing["use"] = json!("sig");
    let keys = parse(&[&signing, &rsa]).expect("the RSA key is for verifiers that have it");
    let found: Vec<_> = keys.iter().map(|key| (key.kid(), key.algorithm())).collect();
    assert_eq!(found, [("1", Algorithm::Es256)]);
    // A.2 has private keys, A.3 symmetric ones.
    let mut private = signing.clone();
    private["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    assert!(parse(&[&private]).is_err());
    let symmetric = json!({ "kty": "oct", "alg": "A128KW", "k": "GawgguFyGrWKav7AX4VKUg" });
    assert!(matches!(parse(&[&symmetric]), Err(KeyError::MixedSet(_))));
}
