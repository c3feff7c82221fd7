use std::time::Duration;

use serde_json::json;

use crate::fixture::{PASSWORD, Service, eventually, settings};

/// F23, S3, S5
#[tokio::test]
async fn s3_s5_a_banned_user_is_out_at_once_and_stays_out_until_signing_in_again() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let mut eve = service.sign_up("eve@example.com").await;
    let id = eve.id().await;
    let path = format!("/api/users/{id}/ban");

    let banned = admin.put(&path, json!({"reason": "forged tickets"})).await.expect(200).json();
    assert_eq!(banned, json!({"id": id, "banned": true, "until": null}));
    eve.guarded().await.problem(403, "account_banned");
    assert_eq!(eve.me().await, json!(null));
    eve.refresh().await.problem(401, "session_revoked");
    let mut browser = service.browser();
    browser.sign_in("eve@example.com", PASSWORD).await.problem(403, "account_banned");
    browser.sign_in("eve@example.com", "canary wrong").await.problem(401, "invalid_credentials");
    assert!(browser.cookies.is_empty());

    let users = admin.get("/api/users?q=eve").await.json();
    let user = &users["items"][0];
    assert_eq!((&user["banned"], &user["reason"]), (&json!(true), &json!("forged tickets")));

    let lifted = admin.delete(&path).await.expect(200).json();
    assert_eq!(lifted, json!({"id": id, "banned": false, "until": null}));
    eve.guarded().await.problem(401, "session_revoked");
    eve.refresh().await.problem(401, "session_revoked");
    browser.sign_in("eve@example.com", PASSWORD).await.expect(200);
    browser.guarded().await.expect(200);
}

#[tokio::test]
async fn the_others_are_told_in_order() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let id = service.sign_up("eve@example.com").await.id().await;
    let path = format!("/api/users/{id}/ban");
    admin.put(&path, json!({"reason": "a"})).await.expect(200);
    let until = "2999-01-01T00:00:00.000Z";
    admin.put(&path, json!({"reason": "b", "until": until})).await.expect(200);
    admin.delete(&path).await.expect(200);
    let banned = service.witness.await_seen("user.banned", 2).await;
    let event = |version, until, ban_version, epoch| json!({"id": id, "version": version, "until": until, "banVersion": ban_version, "epoch": epoch});
    assert_eq!(banned, [event(2, json!(null), 1, 1), event(3, json!(until), 2, 2)]);
    let unbanned = service.witness.await_seen("user.unbanned", 1).await;
    assert_eq!(unbanned, [json!({"id": id, "version": 4, "banVersion": 3, "epoch": 2})]);
}

#[tokio::test]
async fn a_ban_ends_by_itself() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let mut eve = service.sign_up("eve@example.com").await;
    let path = format!("/api/users/{}/ban", eve.id().await);
    let until = "2026-09-21T14:14:20.000Z";
    let answer = admin.put(&path, json!({"reason": "cool down", "until": until})).await;
    assert_eq!(answer.expect(200).json()["until"], json!(until));
    let mut browser = service.browser();
    browser.sign_in("eve@example.com", PASSWORD).await.problem(403, "account_banned");
    service.advance(Duration::from_secs(60));
    browser.sign_in("eve@example.com", PASSWORD).await.expect(200);
    browser.guarded().await.expect(200);
    eve.guarded().await.problem(401, "session_revoked");
    let user = admin.get("/api/users?q=eve").await.json()["items"][0].clone();
    assert_eq!(
        [&user["banned"], &user["until"], &user["reason"]],
        [&json!(false), &json!(null), &json!(null)]
    );
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let own = format!("/api/users/{}/ban", admin.id().await);
    admin.put(&own, json!({"reason": "me"})).await.problem(409, "cannot_ban_self");
    let nobody = "/api/users/01890a5d-ac96-774b-bcce-b302099a8057/ban";
    for path in [nobody, "/api/users/abc/ban"] {
        let past = json!({"reason": " ", "until": "2001-01-01T00:00:00Z"});
        let answer = admin.put(path, past).await.problem(422, "validation_failed");
        assert_eq!(answer.fields(), ["reason", "until"]);
        let null = admin.put(path, json!({"reason": "r", "until": null})).await;
        assert_eq!(null.problem(400, "malformed_body").fields(), ["until"]);
        admin.put(path, json!({"reason": "r"})).await.problem(404, "not_found");
        admin.delete(path).await.problem(404, "not_found");
    }
    let mut eve = service.sign_up("eve@example.com").await;
    let path = format!("/api/users/{}/ban", eve.id().await);
    let lifted = admin.delete(&path).await.expect(200).json();
    assert_eq!(lifted["banned"], json!(false));
    eve.put(&path, json!({})).await.problem(403, "forbidden");
    eve.delete(&path).await.problem(403, "forbidden");
    service.browser().put(&path, json!({})).await.problem(401, "unauthenticated");
    assert!(service.witness.seen("user.unbanned").is_empty(), "nothing was lifted");
}

#[tokio::test]
async fn a_ban_holds_over_a_restart() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let mut eve = service.sign_up("eve@example.com").await;
    let path = format!("/api/users/{}/ban", eve.id().await);
    admin.put(&path, json!({"reason": "r"})).await.expect(200);
    let service = service.restart().await;
    let mut again = service.browser();
    again.cookies = eve.cookies;
    again.guarded().await.problem(403, "account_banned");
    assert_eq!(service.view.len(), 1);
}

/// A ban that comes while a password is being checked: no session is left behind.
#[tokio::test]
async fn a_sign_in_that_a_ban_overtakes_leaves_no_session() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let path = format!("/api/users/{}/ban", service.sign_up("eve@example.com").await.id().await);
    let mut eve = service.browser();
    let (signed_in, banned) = tokio::join!(
        eve.sign_in("eve@example.com", PASSWORD),
        admin.put(&path, json!({"reason": "r"})),
    );
    banned.expect(200);
    assert!([200, 403].contains(&signed_in.status), "{signed_in:?}");
    let left = "select id from ticketkit_sessions where user_id in (select id from users where banned = 1)";
    assert!(service.column(left).await.is_empty());
}

#[tokio::test]
async fn heartbeats_follow_what_they_prove() {
    let mut settings = settings();
    settings.heartbeat = Some(Duration::from_millis(20));
    let service = Service::start_with(settings).await;
    let beats = service.witness.await_seen("auth.heartbeat", 3).await;
    let sequence = |beat: &serde_json::Value| beat["sequence"].as_i64().unwrap();
    assert!(beats.windows(2).all(|pair| sequence(&pair[0]) < sequence(&pair[1])), "{beats:?}");

    let mut admin = service.admin().await;
    let id = service.sign_up("eve@example.com").await.id().await;
    admin.put(&format!("/api/users/{id}/ban"), json!({"reason": "r"})).await.expect(200);
    let before = service.witness.seen("auth.heartbeat").len();
    // Two more: one could have been under way when the ban was committed.
    eventually("heartbeats", async || service.witness.seen("auth.heartbeat").len() > before + 1)
        .await;
    assert_eq!(service.witness.seen("user.banned").len(), 1);
}
