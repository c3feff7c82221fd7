//! Several processes: other instances of auth, and services that only verify.

use std::time::Duration;

use serde_json::json;
use ticketing_contracts::user::{SessionRevoked, UserBanned};
use ticketkit_auth::{RemoteAuth, StalePolicy, feed, remote::Fetch};
use ticketkit_events::{BoxFuture, Event};

use crate::fixture::{Browser, Service, eventually, settings};

fn distributed() -> ticketing_auth::Settings {
    let mut settings = settings();
    settings.heartbeat = Some(Duration::from_millis(20));
    settings
}

/// Fetches from the router of the service.
struct Wire(Browser);

impl Fetch for Wire {
    fn get<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<axum::body::Bytes, ticketkit_auth::remote::FetchError>> {
        let mut browser = self.0.clone();
        Box::pin(async move { Ok(browser.get(path).await.expect(200).text.into()) })
    }
}

#[tokio::test]
async fn two_instances_on_one_database_refuse_what_the_other_revoked() {
    let one = Service::start_with(distributed()).await;
    let two = one.another_instance(distributed()).await;
    let mut admin = one.admin().await;
    let mut eve = two.sign_up("eve@example.com").await;
    eventually("the view is fresh", async || !one.view.is_stale() && !two.view.is_stale()).await;
    eve.guarded().await.expect(200);
    let path = format!("/api/users/{}/ban", eve.id().await);
    admin.put(&path, json!({"reason": "r"})).await.expect(200);
    eventually("the other instance knows", async || eve.guarded().await.status == 403).await;
}

/// P8
#[tokio::test]
async fn instances_count_failed_sign_ins_together() {
    let one = Service::start_with(distributed()).await;
    let two = one.another_instance(distributed()).await;
    for service in [&one, &two].into_iter().cycle().take(10) {
        service.browser().sign_in("ada@example.com", "canary wrong").await.expect(401);
    }
    for service in [&one, &two] {
        let refused = service.browser().sign_in("ada@example.com", "canary wrong").await;
        refused.problem(429, "rate_limited");
    }
}

/// A service that has the URL of auth and the bus, and nothing else.
#[tokio::test]
async fn a_service_in_another_process_refuses_a_banned_user() {
    let auth = Service::start_with(distributed()).await;
    let mut admin = auth.admin().await;
    let mut eve = auth.sign_up("eve@example.com").await;
    let cookies = ticketkit_auth::CookiePolicy::for_url("http://localhost:3000").unwrap();
    let remote = RemoteAuth::builder("http://auth.test", "ticketing", "ticketing", cookies)
        .fetch(Wire(auth.browser()))
        .clock(auth.clock.clock())
        .bind("tickets", &auth.bus)
        .await
        .unwrap();
    let (layer, status) = (remote.layer(), remote.status());
    let running = tokio::spawn(remote.run(std::future::pending()));
    eventually("it is ready", async || status.check().is_ok()).await;
    let judge = |browser: &Browser| {
        let mut headers = http::HeaderMap::new();
        headers.insert("cookie", browser.cookie_header().parse().unwrap());
        layer.caller(&headers).user(StalePolicy::Refuse).map(|_| ())
    };
    assert_eq!(judge(&eve), Ok(()));
    let path = format!("/api/users/{}/ban", eve.id().await);
    admin.put(&path, json!({"reason": "r"})).await.expect(200);
    eventually("the ban is known", async || {
        judge(&eve) == Err(ticketkit_auth::AuthError::AccountBanned)
    })
    .await;
    assert_eq!(judge(&admin), Ok(()));
    admin.delete(&path).await.expect(200);
    eventually("the lifting is known", async || {
        judge(&eve) == Err(ticketkit_auth::AuthError::SessionRevoked)
    })
    .await;
    assert_eq!((status.feed().refused(), status.feed().snapshots()), (0, 1), "nothing was lost");
    running.abort();
}

/// `Prefer: wait`: the answer says in how many instances the ban is effective, and when it was.
#[tokio::test]
async fn an_administrator_can_wait_for_the_effect_of_a_ban() {
    let one = Service::start_with(distributed()).await;
    let two = one.another_instance(distributed()).await;
    let mut admin = one.admin().await;
    let path = format!("/api/users/{}/ban", one.sign_up("eve@example.com").await.id().await);
    eventually("the view is fresh", async || !one.view.is_stale() && !two.view.is_stale()).await;
    let ban =
        async |admin: &mut Browser| admin.put(&path, json!({"reason": "r"})).await.expect(200);
    assert_eq!(ban(&mut admin).await.json()["effective"], json!(null), "nobody asked");

    let mut waiting = admin.clone().with_header("prefer", "wait=5");
    eventually("both instances have reported", async || {
        ban(&mut waiting).await.json()["effective"]["of"] == json!(2)
    })
    .await;
    let answer = ban(&mut waiting).await;
    assert_eq!(answer.headers["preference-applied"], "wait=5");
    let effective = &answer.json()["effective"];
    assert_eq!((&effective["instances"], &effective["of"]), (&json!(2), &json!(2)));
    assert!(effective["millis"].as_u64().unwrap() < 5_000, "{effective}");

    let alone = Service::start().await;
    let mut admin = alone.admin().await.with_header("prefer", "wait=1");
    let path = format!("/api/users/{}/ban", alone.sign_up("eve@example.com").await.id().await);
    let answer = admin.put(&path, json!({"reason": "r"})).await.expect(200).json();
    assert_eq!(answer["effective"], json!({"instances": 1, "of": 1, "millis": 0}));
}

/// What the library writes is what the other services read.
#[test]
fn the_events_are_those_of_the_contract() {
    let id = ticketing_contracts::UserId::new();
    let banned = feed::UserBanned {
        id: id.to_string(),
        version: 3,
        until: None,
        ban_version: 1,
        epoch: 2,
        proof: "a.b.c".to_owned(),
    };
    let read: UserBanned = serde_json::from_value(serde_json::to_value(&banned).unwrap()).unwrap();
    assert_eq!((read.id, read.ban_version, read.epoch, read.until), (id, 1, 2, None));
    let revoked = feed::SessionRevoked {
        user_id: id.to_string(),
        version: 3,
        sid: None,
        min_epoch: Some(4),
        proof: String::new(),
    };
    let read: SessionRevoked =
        serde_json::from_value(serde_json::to_value(&revoked).unwrap()).unwrap();
    assert_eq!((read.user_id, read.min_epoch, read.sid), (id, Some(4), None));
    for (ours, theirs) in [
        (feed::UserBanned::SUBJECT, UserBanned::SUBJECT),
        (feed::SessionRevoked::SUBJECT, SessionRevoked::SUBJECT),
    ] {
        assert_eq!(ours, theirs);
    }
}
