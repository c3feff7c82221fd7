use serde_json::json;

use crate::fixture::{PASSWORD, Service};

const NEW: &str = "another canary horse";

/// S4, S1
#[tokio::test]
async fn s4_s1_a_new_password_ends_all_other_sessions() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let mut phone = service.browser();
    phone.sign_in("ada@example.com", PASSWORD).await.expect(200);
    let mut copy = ada.clone();

    let body = json!({"current": PASSWORD, "new": NEW});
    let answer = ada.put("/api/users/password", body).await.expect(200);
    assert_eq!(answer.json(), json!({}));
    for other in [&mut phone, &mut copy] {
        other.guarded().await.problem(401, "session_revoked");
        other.refresh().await.problem(401, "session_revoked");
    }
    ada.guarded().await.expect(200);
    ada.refresh().await.expect(200);
    assert_ne!(ada.cookie("ticketkit"), copy.cookie("ticketkit"));
    let sid = |token: &str| service.verifier.verify(token).unwrap().sid.clone();
    assert_ne!(sid(&ada.cookie("ticketkit")), sid(&copy.cookie("ticketkit")));

    let mut browser = service.browser();
    browser.sign_in("ada@example.com", PASSWORD).await.problem(401, "invalid_credentials");
    browser.sign_in("ada@example.com", NEW).await.expect(200);
    let events = service.witness.await_seen("session.revoked", 1).await;
    assert_eq!(events[0]["minEpoch"], json!(1));
    assert!(events[0].get("sid").is_none());
}

#[tokio::test]
async fn the_current_password_must_be_right_and_the_new_one_allowed() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let path = "/api/users/password";
    let wrong = ada.put(path, json!({"current": "canary wrong", "new": NEW})).await;
    wrong.problem(401, "invalid_credentials");
    for new in ["short", "password1", &"x".repeat(129)] {
        // The body is judged before what is stored.
        let refused = ada.put(path, json!({"current": "canary wrong", "new": new})).await;
        assert_eq!(refused.problem(422, "validation_failed").fields(), ["new"]);
    }
    ada.guarded().await.expect(200);
    let refused = service.browser().put(path, json!({})).await;
    refused.problem(401, "unauthenticated");
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let service = Service::start().await;
    let ada = service.sign_up("ada@example.com").await;
    let (mut one, mut two) = (ada.clone(), ada);
    let body = |new| json!({"current": PASSWORD, "new": new});
    let answers = tokio::join!(
        one.put("/api/users/password", body("first canary horse")),
        two.put("/api/users/password", body("second canary horse")),
    );
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let (mut winner, new) = match answers.0.status {
        200 => (one, "first canary horse"),
        _ => (two, "second canary horse"),
    };
    winner.guarded().await.expect(200);
    service.browser().sign_in("ada@example.com", new).await.expect(200);
}
