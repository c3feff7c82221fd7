use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use ticketkit_auth::{KeySet, TokenVerifier, keys::CACHE_AGE};

use crate::fixture::Service;

/// K3, and that another process can verify with it.
#[tokio::test]
async fn the_key_set_has_public_keys_that_verify() {
    let service = Service::start().await;
    let answer = service.browser().get("/.well-known/jwks.json").await.expect(200);
    // As long as the keys' overlap allows for.
    let cached = format!("public, max-age={}", CACHE_AGE.as_secs());
    assert_eq!(answer.headers["cache-control"], cached);
    for key in answer.json()["keys"].as_array().unwrap() {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    }
    let keys = KeySet::from_jwks(answer.text.as_bytes()).unwrap();
    let verifier = TokenVerifier::new(keys, "ticketing", "ticketing").clock(service.clock.clock());
    let ada = service.sign_up("ada@example.com").await;
    let claims = verifier.verify(&ada.cookie("ticketkit")).unwrap();
    assert_eq!((claims.email.as_str(), claims.exp - claims.iat), ("ada@example.com", 300));
}

async fn snapshot(service: &Service) -> Value {
    let mut browser = service.browser();
    let jwks = browser.get("/.well-known/jwks.json").await.json();
    let answer = browser.get("/.well-known/ticketkit/revocations").await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/jose");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let key = DecodingKey::from_ed_components(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    let signed = jsonwebtoken::decode::<Value>(&answer.text, &key, &rules).unwrap();
    assert_eq!(signed.header.typ.as_deref(), Some("ticketkit-revocations+jwt"));
    assert_eq!(signed.header.kid.as_deref(), jwks["keys"][0]["kid"].as_str());
    // What is signed with the same key is no access token.
    assert!(service.verifier.verify(&answer.text).is_err());
    signed.claims
}

/// E1, the signing half.
#[tokio::test]
async fn e1_the_snapshot_is_signed_and_forgets_what_is_over() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let eve = service.sign_up("eve@example.com").await.id().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let sid = service.verifier.verify(&ada.cookie("ticketkit")).unwrap().sid.clone();
    assert_eq!(snapshot(&service).await["users"], json!([]));

    admin.put(&format!("/api/users/{eve}/ban"), json!({"reason": "r"})).await.expect(200);
    ada.send("POST", "/api/users/signout", None).await.expect(200);
    let at = service.clock.clock().unix_millis();
    let claims = snapshot(&service).await;
    assert_eq!(claims["iss"], json!("ticketing"));
    assert_eq!(claims["iat"], json!(at / 1000));
    let ban = json!({"version": 1, "banned": true, "until": null});
    let expected = json!([{"user": eve, "min_epoch": 1, "ban": ban, "at": at}]);
    assert_eq!(claims["users"], expected);
    assert_eq!(claims["sessions"], json!([{"session": sid, "at": at}]));
    let known: ticketkit_auth::revocation::Snapshot = serde_json::from_value(claims).unwrap();
    assert_eq!(known, service.view.export());

    service.advance(Duration::from_secs(400));
    let claims = snapshot(&service).await;
    assert_eq!((&claims["users"], &claims["sessions"]), (&json!([]), &json!([])));
}
