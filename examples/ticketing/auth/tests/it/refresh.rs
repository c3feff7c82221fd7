use std::time::Duration;

use serde_json::json;

use crate::fixture::{Browser, Service};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn token(browser: &Browser) -> String {
    browser.cookie("ticketkit-refresh")
}

/// S8: rotated at each use, and only a hash is stored.
#[tokio::test]
async fn a_refresh_token_is_good_for_one_use_and_not_in_the_database() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let first = token(&ada);
    let user = ada.me().await;
    service.advance(Duration::from_secs(400));
    assert_eq!(ada.refresh().await.expect(200).json(), user);
    assert_ne!(token(&ada), first);
    ada.guarded().await.expect(200);
    let stored =
        service.column("select current_token || parent_token from ticketkit_sessions").await;
    for secret in [first, token(&ada)] {
        assert!(!stored[0].contains(&secret) && !secret.contains(&stored[0]), "{stored:?}");
    }
}

#[tokio::test]
async fn without_a_token_of_ours_it_is_unauthenticated() {
    let service = Service::start().await;
    service.browser().refresh().await.problem(401, "unauthenticated");
    for bad in ["", "nonsense", "AAAA", &"A".repeat(86)] {
        let mut browser = service.browser();
        browser.cookies.insert("ticketkit-refresh".to_owned(), bad.to_owned());
        browser.refresh().await.problem(401, "unauthenticated");
    }
    let mut ada = service.sign_up("ada@example.com").await;
    let twice = format!("ticketkit-refresh={0}; ticketkit-refresh={0}", token(&ada));
    ada.cookies.clear();
    ada.with_header("cookie", twice).refresh().await.problem(401, "unauthenticated");
}

/// S8: two tabs at once, and more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tabs_that_refresh_at_once_get_the_same_token() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let tabs: Vec<_> = (0..8)
        .map(|_| {
            let mut tab = ada.clone();
            tokio::spawn(async move {
                tab.refresh().await.expect(200);
                tab
            })
        })
        .collect();
    let mut tokens = Vec::new();
    for tab in tabs {
        let mut tab = tab.await.unwrap();
        tokens.push(token(&tab));
        tab.guarded().await.expect(200);
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(service.column("select id from ticketkit_sessions").await.len(), 1);
    // Each of them can go on.
    ada.cookies.insert("ticketkit-refresh".to_owned(), tokens.remove(0));
    ada.refresh().await.expect(200);
}

/// S8: a token that comes back after its use was copied.
#[tokio::test]
async fn reuse_ends_the_family() {
    for late in [false, true] {
        let service = Service::start().await;
        let mut ada = service.sign_up("ada@example.com").await;
        let mut thief = ada.clone();
        let mut other = service.browser();
        other.sign_in("ada@example.com", crate::fixture::PASSWORD).await.expect(200);
        ada.refresh().await.expect(200);
        if late {
            service.advance(Duration::from_secs(11));
        } else {
            ada.refresh().await.expect(200);
        }
        thief.refresh().await.problem(401, "session_revoked");
        ada.refresh().await.problem(401, "session_revoked");
        ada.guarded().await.problem(401, "session_revoked");
        other.guarded().await.expect(200);
        let events = service.witness.await_seen("session.revoked", 1).await;
        assert_eq!(events.len(), 1);
        assert!(events[0]["sid"].is_string() && events[0].get("minEpoch").is_none());
    }
}

/// S7
#[tokio::test]
async fn sessions_end_by_idling_and_by_age() {
    let service = Service::start().await;
    let mut idle = service.sign_up("idle@example.com").await;
    let mut busy = service.sign_up("busy@example.com").await;
    for _ in 0..4 {
        service.advance(DAY * 6);
        busy.refresh().await.expect(200);
    }
    idle.refresh().await.problem(401, "session_expired");
    service.advance(DAY * 6);
    busy.refresh().await.problem(401, "session_expired");
    busy.refresh().await.problem(401, "session_revoked");
}

#[tokio::test]
async fn a_refresh_survives_a_restart() {
    let service = Service::start().await;
    let cookies = service.sign_up("ada@example.com").await.cookies;
    let service = service.restart().await;
    let mut ada = service.browser();
    ada.cookies = cookies;
    assert_eq!(ada.me().await["email"], json!("ada@example.com"));
    ada.refresh().await.expect(200);
}
