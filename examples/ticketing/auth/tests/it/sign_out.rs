use std::time::Duration;

use serde_json::json;

use crate::fixture::{Answer, Browser, PASSWORD, Service};

async fn sign_out(browser: &mut Browser) -> Answer {
    browser.send("POST", "/api/users/signout", None).await.expect(200)
}

/// S2, as far as this service goes: the others hear of it by the event.
#[tokio::test]
async fn s2_signing_out_ends_that_session_and_no_other() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let mut phone = service.browser();
    phone.sign_in("ada@example.com", PASSWORD).await.expect(200);
    let mut thief = ada.clone();
    let sid = service.verifier.verify(&ada.cookie("ticketkit")).unwrap().sid.clone();

    assert_eq!(sign_out(&mut ada).await.json(), json!({}));
    assert!(ada.cookies.is_empty());
    thief.guarded().await.problem(401, "session_revoked");
    thief.refresh().await.problem(401, "session_revoked");
    assert_eq!(thief.me().await, json!(null));
    phone.guarded().await.expect(200);
    let events = service.witness.await_seen("session.revoked", 1).await;
    assert_eq!(events[0]["sid"], json!(sid));
}

#[tokio::test]
async fn an_expired_access_token_is_no_obstacle() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let mut thief = ada.clone();
    service.advance(Duration::from_secs(400));
    sign_out(&mut ada).await;
    thief.refresh().await.problem(401, "session_revoked");
}

#[tokio::test]
async fn it_is_always_a_success() {
    let service = Service::start().await;
    assert_eq!(sign_out(&mut service.browser()).await.set_cookies().len(), 2);
    let mut ada = service.sign_up("ada@example.com").await;
    let mut again = ada.clone();
    sign_out(&mut ada).await;
    sign_out(&mut again).await;
    let mut nonsense = service.browser();
    nonsense.cookies.insert("ticketkit".to_owned(), "x".to_owned());
    nonsense.cookies.insert("ticketkit-refresh".to_owned(), "x".to_owned());
    sign_out(&mut nonsense).await;
    assert_eq!(service.witness.await_seen("session.revoked", 1).await.len(), 1);
}

#[tokio::test]
async fn an_ended_session_stays_ended_over_a_restart() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let cookies = ada.cookies.clone();
    sign_out(&mut ada).await;
    let service = service.restart().await;
    let mut thief = service.browser();
    thief.cookies = cookies;
    thief.guarded().await.problem(401, "session_revoked");
}
