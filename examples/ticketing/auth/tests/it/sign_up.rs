use serde_json::json;

use crate::fixture::{PASSWORD, Service, settings};

#[tokio::test]
async fn signing_up_signs_in_and_tells_the_others() {
    let service = Service::start().await;
    let mut ada = service.browser();
    let answer = ada.sign_up("Ada@Example.com").await.expect(201);
    let user = answer.json();
    assert_eq!(user, json!({"id": user["id"], "email": "Ada@Example.com", "roles": []}));
    assert_eq!(ada.me().await, user);
    let events = service.witness.await_seen("user.created", 1).await;
    let expected = json!({"id": user["id"], "version": 1, "email": "Ada@Example.com"});
    assert_eq!(events, [expected]);
}

#[tokio::test]
async fn an_address_has_one_account_whatever_its_case() {
    let service = Service::start().await;
    service.sign_up("ada@example.com").await;
    let again = service.browser().sign_up("ADA@Example.com").await;
    assert_eq!(again.problem(409, "email_in_use").fields(), ["email"]);
}

#[tokio::test]
async fn of_two_sign_ups_at_once_one_wins() {
    let service = Service::start().await;
    let (mut one, mut two) = (service.browser(), service.browser());
    let answers = tokio::join!(one.sign_up("ada@example.com"), two.sign_up("Ada@example.com"));
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn all_broken_rules_are_told_at_once() {
    let service = Service::start().await;
    let mut browser = service.browser();
    for (email, password, fields) in [
        ("nobody", "short", &["email", "password"][..]),
        ("a\0@b.org", PASSWORD, &["email"]),
        ("ada@example.com", "seven77", &["password"]),
        ("ada@example.com", &"x".repeat(129), &["password"]),
        ("ada@example.com", "password1", &["password"]),
    ] {
        let body = json!({"email": email, "password": password});
        let answer = browser.post("/api/users/signup", body).await;
        assert_eq!(answer.problem(422, "validation_failed").fields(), fields);
    }
    assert_eq!(service.column("select id from users").await.len(), 0);
}

/// P1: characters, not bytes; nothing is cut off.
#[tokio::test]
async fn a_password_counts_in_characters_and_whole() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let password = "🎟ü".repeat(64);
    let body = json!({"email": "ada@example.com", "password": password});
    browser.post("/api/users/signup", body).await.expect(201);
    browser.sign_in("ada@example.com", &password).await.expect(200);
    let cut: String = password.chars().take(127).collect();
    browser.sign_in("ada@example.com", &cut).await.problem(401, "invalid_credentials");
}

/// A4: nobody is an administrator by default, and one address alone where it is set.
#[tokio::test]
async fn a4_only_the_named_account_is_an_administrator() {
    let service = Service::start().await;
    let mut root = service.browser();
    assert_eq!(root.sign_up("rOOt@example.com").await.json()["roles"], json!(["admin"]));
    let mut other = service.sign_up("root@example.com.org").await;
    other.get("/api/users").await.problem(403, "forbidden");

    let mut without = settings();
    without.admin_email = None;
    let service = Service::start_with(without).await;
    let mut root = service.browser();
    assert_eq!(root.sign_up("root@example.com").await.json()["roles"], json!([]));
    root.get("/api/users").await.problem(403, "forbidden");
}

#[tokio::test]
async fn bodies_are_judged_by_the_contract() {
    let service = Service::start().await;
    let mut browser = service.browser();
    let path = "/api/users/signup";
    browser.send("POST", path, None).await.problem(415, "unsupported_media_type");
    let answer = browser.post(path, json!({"email": "ada@example.com"})).await;
    assert_eq!(answer.problem(400, "malformed_body").fields(), ["password"]);
    browser.get(path).await.problem(405, "method_not_allowed");
}
