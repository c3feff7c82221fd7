use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{PASSWORD, Service};

fn sid(session: &Value) -> String {
    session["sid"].as_str().unwrap().to_owned()
}

/// S6
#[tokio::test]
async fn s6_a_user_lists_and_ends_own_sessions() {
    let service = Service::start().await;
    let mut laptop = service.browser().with_header("user-agent", "Laptop\t1");
    laptop.sign_up("ada@example.com").await.expect(201);
    service.advance(Duration::from_secs(60));
    let mut phone = service.browser().with_header("user-agent", "P".repeat(1_000));
    phone.address = "[2001:db8::1]:1".parse().unwrap();
    phone.sign_in("ada@example.com", PASSWORD).await.expect(200);
    service.advance(Duration::from_secs(60));
    laptop.refresh().await.expect(200);

    let page = laptop.guarded().await.expect(200).json();
    let [of_phone, of_laptop] = &page["items"].as_array().unwrap()[..] else { panic!("{page}") };
    assert_eq!(page["next"], json!(null));
    let expected = json!({
        "sid": of_laptop["sid"],
        "createdAt": "2026-09-21T14:13:20.000Z",
        "lastSeenAt": "2026-09-21T14:15:20.000Z",
        "userAgent": "Laptop1",
        "address": "192.0.2.1",
        "current": true,
    });
    assert_eq!(*of_laptop, expected);
    assert_eq!(of_phone["current"], json!(false));
    assert_eq!(of_phone["address"], json!("2001:db8::1"));
    assert_eq!(of_phone["userAgent"], json!("P".repeat(200)));

    let path = format!("/api/users/sessions/{}", sid(of_phone));
    let mut stranger = service.sign_up("eve@example.com").await;
    stranger.delete(&path).await.problem(404, "not_found");
    phone.guarded().await.expect(200);
    laptop.delete(&path).await.expect(204);
    phone.guarded().await.problem(401, "session_revoked");
    phone.refresh().await.problem(401, "session_revoked");
    laptop.delete(&path).await.problem(404, "not_found");
    laptop.guarded().await.expect(200);
    let events = service.witness.await_seen("session.revoked", 1).await;
    assert_eq!(events[0]["sid"], of_phone["sid"]);
}

#[tokio::test]
async fn the_list_has_pages_and_no_sessions_that_are_over() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    service.advance(Duration::from_secs(8 * 24 * 3600));
    for _ in 0..3 {
        ada.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }
    let first = ada.get("/api/users/sessions?limit=2").await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let path = format!("/api/users/sessions?limit=2&after={next}");
    let rest = ada.get(&path).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1, "{rest}");
    assert_eq!(rest["next"], json!(null));
    let answer = ada.get("/api/users/sessions?limit=0&after=x").await;
    assert_eq!(answer.problem(422, "validation_failed").fields(), ["after", "limit"]);
}

#[tokio::test]
async fn who_is_not_signed_in_is_refused_before_anything_else() {
    let service = Service::start().await;
    let mut nobody = service.browser();
    nobody.guarded().await.problem(401, "unauthenticated");
    nobody.delete("/api/users/sessions/abc").await.problem(401, "unauthenticated");
    let mut ada = service.sign_up("ada@example.com").await;
    ada.delete("/api/users/sessions/abc").await.problem(404, "not_found");
}
