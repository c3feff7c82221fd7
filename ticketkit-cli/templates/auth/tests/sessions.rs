//! Refreshing.

use crate::world::{Browser, World};

const REFRESH: &str = "ticketkit-refresh";

async fn signed_up() -> (World, Browser) {
    let world = World::new().await;
    let browser = world.sign_up("ada@example.com").await;
    (world, browser)
}

#[tokio::test]
async fn a_session_outlives_its_access_tokens() {
    let (world, mut ada) = signed_up().await;
    world.advance(400);
    ada.other().await.problem(401, "session_expired");
    let first = ada.cookies[REFRESH].clone();
    ada.refresh().await.expect(200);
    assert_ne!(ada.cookies[REFRESH], first);
    ada.other().await.expect(200);
}

#[tokio::test]
async fn without_a_token_of_ours_nobody_refreshes() {
    let (world, _) = signed_up().await;
    world.browser().refresh().await.problem(401, "unauthenticated");
    for bad in ["", "nonsense", &"A".repeat(86)] {
        let mut browser = world.browser();
        browser.cookies.insert(REFRESH.to_owned(), bad.to_owned());
        browser.refresh().await.problem(401, "unauthenticated");
    }
}

/// Two tabs, and more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tabs_that_refresh_at_once_get_the_same_token() {
    let (_world, ada) = signed_up().await;
    let tabs: Vec<_> = (0..8)
        .map(|_| {
            let mut tab = ada.clone();
            tokio::spawn(async move {
                tab.refresh().await.expect(200);
                tab.cookies.remove(REFRESH).unwrap()
            })
        })
        .collect();
    let mut tokens = Vec::new();
    for tab in tabs {
        tokens.push(tab.await.unwrap());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
}

#[tokio::test]
async fn a_token_that_comes_back_after_its_use_ends_the_session() {
    let (world, mut ada) = signed_up().await;
    let mut thief = ada.clone();
    ada.refresh().await.expect(200);
    world.advance(60);
    thief.refresh().await.problem(401, "session_revoked");
    ada.other().await.problem(401, "session_revoked");
    ada.refresh().await.problem(401, "session_revoked");
}

#[tokio::test]
async fn a_session_without_use_ends_after_a_week() {
    let (world, mut ada) = signed_up().await;
    world.advance(7 * 24 * 3600 + 1);
    ada.refresh().await.problem(401, "session_expired");
}
