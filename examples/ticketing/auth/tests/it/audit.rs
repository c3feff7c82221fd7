use std::{cell::RefCell, io, sync::Once};

use serde_json::json;

use crate::fixture::{PASSWORD, Service};

thread_local! {
    /// What was logged on this thread, which is that of one test and of all its tasks.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Begins to keep what is logged on this thread.
///
/// One subscriber serves the whole process: with one for a thread, a line that another thread
/// reaches first would be taken for one that nobody listens to.
fn listen() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Log)
            .init();
    });
    LOG.set(Some(Vec::new()));
}

fn logged() -> String {
    String::from_utf8(LOG.take().unwrap()).unwrap()
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// L1 and L2: every event is in the log and in the table, and no secret in either.
#[tokio::test]
async fn l1_l2_what_happens_is_written_down_without_secrets() {
    listen();
    let service = Service::start().await;
    let mut secrets = vec![PASSWORD.to_owned()];

    let mut admin = service.admin().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let id = ada.id().await;
    let mut stale = ada.clone();
    let keep = |browser: &crate::fixture::Browser, secrets: &mut Vec<String>| {
        secrets.extend(browser.cookies.values().cloned());
    };
    keep(&ada, &mut secrets);
    keep(&admin, &mut secrets);
    ada.sign_in("ada@example.com", "canary wrong").await.expect(401);
    ada.sign_in("canary typed here", PASSWORD).await.expect(401);
    ada.refresh().await.expect(200);
    keep(&ada, &mut secrets);
    ada.refresh().await.expect(200);
    stale.refresh().await.expect(401);
    ada.sign_in("ada@example.com", PASSWORD).await.expect(200);
    keep(&ada, &mut secrets);
    let change = |current| json!({"current": current, "new": "another canary battery"});
    ada.put("/api/users/password", change("canary wrong")).await.expect(401);
    ada.put("/api/users/password", change(PASSWORD)).await.expect(200);
    keep(&ada, &mut secrets);
    let mut phone = service.browser();
    phone.sign_in("ada@example.com", "another canary battery").await.expect(200);
    let sessions = ada.guarded().await.json();
    let sid = sessions["items"][0]["sid"].as_str().unwrap().to_owned();
    ada.delete(&format!("/api/users/sessions/{sid}")).await.expect(204);
    ada.send("POST", "/api/users/signout", None).await.expect(200);
    let ban = format!("/api/users/{id}/ban");
    admin.put(&ban, json!({"reason": "r"})).await.expect(200);
    ada.sign_in("ada@example.com", "another canary battery").await.expect(403);
    admin.delete(&ban).await.expect(200);

    let kinds = [
        "signed_up",
        "signed_up",
        "sign_in_failed",
        "sign_in_failed",
        "refreshed",
        "refreshed",
        "refresh_reused",
        "signed_in",
        "password_change_failed",
        "password_changed",
        "signed_in",
        "session_ended",
        "signed_out",
        "banned",
        "sign_in_banned",
        "unbanned",
    ];
    assert_eq!(service.column("select kind from audit order by id").await, kinds);
    let rows = service
        .column("select kind || ' ' || coalesce(user_id, '-') || ' ' || address from audit")
        .await;
    assert!(rows.contains(&format!("banned {id} 192.0.2.1")), "{rows:?}");
    assert!(rows.contains(&"sign_in_failed - 192.0.2.1".to_owned()), "{rows:?}");
    let actor = "select actor_id from audit where kind = 'banned'";
    assert_eq!(service.column(actor).await, [admin.id().await]);

    let log = logged();
    let count = |kind: &str| {
        log.lines()
            .filter(|line| line.contains("audit") && line.contains(&format!("\"{kind}\"")))
            .count()
    };
    for kind in kinds {
        // One line each, and each row has one.
        let rows = kinds.iter().filter(|other| **other == kind).count();
        assert_eq!(count(kind), rows, "{kind} in the log");
    }
    assert!(service.metrics.to_text().contains("auth_events_total{kind=\"banned\"} 1"));

    secrets.extend(["canary".to_owned(), "another canary battery".to_owned()]);
    let hashes = service.column("select password_hash from users").await;
    for secret in secrets.iter().chain(&hashes) {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{secret} in the log");
        assert!(rows.iter().all(|row| !row.contains(secret.as_str())));
    }
}

/// What a stranger can cause without end does not fill the table: it says when the limit was reached,
/// and of what was refused afterwards there is the log.
#[tokio::test]
async fn l1_throttled_attempts_are_in_the_log_and_the_first_in_the_table() {
    listen();
    let service = Service::start().await;
    let mut browser = service.browser();
    for _ in 0..13 {
        browser.sign_in("ada@example.com", "canary wrong").await;
    }
    let kinds = service.column("select kind from audit order by id").await;
    assert_eq!(kinds[..10], ["sign_in_failed"; 10]);
    assert_eq!(kinds[10..], ["sign_in_throttled"]);
    let log = logged();
    let lines = log.lines().filter(|line| line.contains("\"sign_in_throttled\"")).count();
    assert_eq!(lines, 4, "the one that reached the limit and the three that were refused");
    let throttled = "auth_events_total{kind=\"sign_in_throttled\"} 4";
    assert!(service.metrics.to_text().contains(throttled));
}

/// Whoever guesses the present password of a stolen session is written down as well.
#[tokio::test]
async fn l1_throttled_changes_of_a_password_are_in_the_log_and_the_first_in_the_table() {
    listen();
    let service = Service::start().await;
    let mut thief = service.sign_up("ada@example.com").await;
    let id = thief.id().await;
    let guess = json!({"current": "canary wrong", "new": "another battery horse"});
    for _ in 0..12 {
        thief.put("/api/users/password", guess.clone()).await;
    }
    let query = "select kind || ' ' || user_id from audit where kind <> 'signed_up' order by id";
    let rows = service.column(query).await;
    assert_eq!(rows[..10], vec![format!("password_change_failed {id}"); 10]);
    assert_eq!(rows[10..], [format!("sign_in_throttled {id}")]);
    let log = logged();
    let line = |line: &&str| line.contains("\"sign_in_throttled\"") && line.contains(&id);
    assert_eq!(log.lines().filter(line).count(), 3);
}

/// Nobody learns from the table what browsers repeat, and a stranger could.
#[tokio::test]
async fn l1_a_refresh_of_a_session_that_is_gone_is_in_the_log() {
    listen();
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let mut copy = ada.clone();
    ada.send("POST", "/api/users/signout", None).await.expect(200);
    copy.refresh().await.problem(401, "session_revoked");
    assert_eq!(
        service.column("select kind from audit order by id").await,
        ["signed_up", "signed_out"]
    );
    assert!(logged().lines().any(|line| line.contains("\"refresh_refused\"")));
}
