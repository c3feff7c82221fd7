//! Signing up, in and out.

use serde_json::{Value, json};
use ticketkit_auth::{KeySet, TokenVerifier};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn who_signs_up_is_signed_in_and_known_to_other_services() {
    let world = World::new().await;
    let mut ada = world.browser();
    assert_eq!(ada.me().await, Value::Null);
    ada.other().await.problem(401, "unauthenticated");
    let user = ada.sign_up("Ada@example.com").await.expect(201);
    assert_eq!((&user["email"], &user["roles"]), (&json!("Ada@example.com"), &json!([])));
    assert_eq!(ada.me().await, user);
    assert_eq!(ada.other().await.expect(200), "Ada@example.com");
    let root = world.browser().sign_up("root@example.com").await.expect(201);
    assert_eq!(root["roles"], json!(["admin"]));
}

#[tokio::test]
async fn an_address_has_one_account_and_broken_rules_are_all_told() {
    let world = World::new().await;
    world.sign_up("ada@example.com").await;
    world.browser().sign_up("ADA@example.com").await.problem(409, "email_in_use");
    let weak = json!({"email": "nobody", "password": "short"});
    let answer = world.browser().send("POST", "/api/users/signup", weak).await;
    answer.problem(422, "validation_failed");
    assert_eq!(answer.fields(), ["email", "password"]);
}

#[tokio::test]
async fn a_sign_in_does_not_say_which_of_the_two_is_wrong() {
    let world = World::new().await;
    world.sign_up("ada@example.com").await;
    for (email, password) in
        [("ada@example.com", "wrong"), ("eve@example.com", PASSWORD), ("no address", PASSWORD)]
    {
        let answer = world.browser().sign_in(email, password).await;
        answer.problem(401, "invalid_credentials");
    }
    let mut ada = world.browser();
    ada.sign_in("ADA@example.com", PASSWORD).await.expect(200);
    ada.other().await.expect(200);
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_does_not_lock_the_owner_out() {
    let world = World::new().await;
    world.sign_up("ada@example.com").await;
    let mut eve = world.browser();
    for _ in 0..10 {
        eve.sign_in("ada@example.com", "a guess").await.expect(401);
    }
    eve.sign_in("ada@example.com", PASSWORD).await.problem(429, "rate_limited");
    let mut ada = world.browser();
    ada.address = ([198, 51, 100, 7], 1).into();
    ada.sign_in("ada@example.com", PASSWORD).await.expect(200);
    world.advance(300);
    eve.sign_in("ada@example.com", "a guess").await.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn a_session_that_was_signed_out_is_over_everywhere() {
    let world = World::new().await;
    let mut ada = world.sign_up("ada@example.com").await;
    let mut copy = ada.clone();
    ada.send("POST", "/api/users/signout", Value::Null).await.expect(200);
    assert!(ada.cookies.is_empty());
    copy.other().await.problem(401, "session_revoked");
    copy.refresh().await.problem(401, "session_revoked");
    world.browser().send("POST", "/api/users/signout", Value::Null).await.expect(200);
}

/// Other processes and other languages verify with nothing but this.
#[tokio::test]
async fn the_published_keys_verify_the_tokens() {
    let world = World::new().await;
    let ada = world.sign_up("ada@example.com").await;
    let jwks = world.browser().send("GET", "/.well-known/jwks.json", Value::Null).await.expect(200);
    let keys = KeySet::from_jwks(jwks.to_string().as_bytes()).unwrap();
    let name = "{{ project.name }}";
    let verifier = TokenVerifier::new(keys, name, name).clock(world.clock.clock());
    let claims = verifier.verify(&ada.cookies["ticketkit"]).unwrap();
    assert_eq!((claims.email.as_str(), claims.exp - claims.iat), ("ada@example.com", 300));
}
