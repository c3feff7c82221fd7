use std::time::Duration;

use serde_json::json;

use crate::fixture::{PASSWORD, Service, settings};

/// P8
#[tokio::test]
async fn ten_failures_for_an_account_from_an_address_are_enough() {
    let service = Service::start().await;
    service.sign_up("ada@example.com").await;
    let mut browser = service.browser();
    for _ in 0..12 {
        browser.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }
    for _ in 0..10 {
        browser.sign_in("Ada@example.com", "canary wrong").await.expect(401);
    }
    let refused = browser.sign_in("ada@example.com", PASSWORD).await.problem(429, "rate_limited");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");

    // A stranger does not lock the account: its owner is somewhere else.
    let mut owner = service.browser();
    owner.address = ([198, 51, 100, 7], 1).into();
    owner.sign_in("ada@example.com", PASSWORD).await.expect(200);

    service.advance(Duration::from_secs(wait));
    browser.sign_in("ada@example.com", PASSWORD).await.expect(200);
}

/// What a header says of the address does not count.
#[tokio::test]
async fn a_forwarded_header_is_not_another_address() {
    let service = Service::start().await;
    for n in 0..10 {
        let mut browser = service.browser().with_header("x-forwarded-for", format!("10.0.0.{n}"));
        browser.sign_in("ada@example.com", "canary wrong").await.expect(401);
    }
    let mut browser = service.browser().with_header("x-forwarded-for", "10.0.0.99");
    browser.sign_in("ada@example.com", "canary wrong").await.problem(429, "rate_limited");
}

#[tokio::test]
async fn a_stolen_session_does_not_guess_faster() {
    let service = Service::start().await;
    let mut thief = service.sign_up("ada@example.com").await;
    let guess = json!({"current": "canary wrong", "new": "another battery horse"});
    for _ in 0..10 {
        let answer = thief.put("/api/users/password", guess.clone()).await;
        answer.problem(401, "invalid_credentials");
    }
    thief.put("/api/users/password", guess).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let mut settings = settings();
    settings.throttle = false;
    let service = Service::start_with(settings).await;
    for _ in 0..15 {
        service.browser().sign_in("ada@example.com", "canary wrong").await.expect(401);
    }
}
