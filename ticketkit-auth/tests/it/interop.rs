//! Tokens and key sets between this crate and PyJWT: another language, another implementation.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use ticketkit_auth::{
    Grant, KeySet, TokenIssuer, TokenVerifier,
    keys::{Algorithm, KeyRing},
};

use crate::forge::pem_content;

/// Runs the program of the other side.
fn python(cases: &Value) -> Value {
    let mut child = Command::new("/usr/bin/python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/interop.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(cases.to_string().as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "what it said is above");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
#[ignore = "needs PyJWT installed: run cargo xtask test"]
fn tokens_and_key_sets_are_understood_in_both_directions() {
    let mut cases = Vec::new();
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
        let ring = KeyRing::generate(algorithm).expect("a key");
        let issuer = TokenIssuer::new(ring.clone(), "ticketing", "ticketing");
        let grant = Grant::new("user", "session").epoch(3).role("admin").email("ada@example.com");
        let token = issuer.issue(&grant).expect("a token").as_str().to_owned();
        cases.push(if algorithm.is_symmetric() {
            let secret = STANDARD.encode(pem_content(&ring.active().to_pem()));
            json!({ "token": token, "secret": secret })
        } else {
            json!({ "token": token, "jwks": ring.jwks() })
        });
    }
    let answer = python(&Value::Array(cases));

    let verified = answer["verified"].as_array().expect("a list");
    assert_eq!(verified.len(), 3);
    for claims in verified {
        assert_eq!((&claims["sub"], &claims["epo"]), (&json!("user"), &json!(3)));
    }
    let made = answer["made"].as_array().expect("a list");
    assert_eq!(made.len(), 2);
    for made in made {
        let keys = KeySet::from_jwks(made["jwks"].to_string().as_bytes()).expect("a key set");
        let verifier = TokenVerifier::new(keys, "ticketing", "ticketing");
        let claims = verifier.verify(made["token"].as_str().expect("text")).expect("a token");
        assert_eq!((claims.sub.as_str(), claims.epo), ("user", 3));
        assert!(claims.has_role("admin"));
    }
}
