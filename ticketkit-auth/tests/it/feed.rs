//! E1, E2, E4, K2, K4, T6: revocations and keys in the process of another service.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_auth::{
    AuthError, Grant, KeyRing, TokenIssuer,
    feed::{About, AuthHeartbeat, RevocationPublisher, UserUnbanned},
    keys::{Algorithm, SigningKey},
    revocation::{Ban, Mark, Revocation},
    testing::user_id,
};
use ticketkit_events::{Publisher, Timestamp};
use tower::ServiceExt as _;

use crate::{
    forge::Forge,
    issuer::{Issuer, RunningService, eventually},
};

const ADA: &str = "ada@example.com";

fn ban(issuer: &Issuer, version: i64, banned: bool) -> Revocation {
    let ban = Some(Ban { version, banned, until: None });
    Revocation::User { user: user_id(ADA), min_epoch: 1, ban, at: issuer.now() }
}

async fn running(issuer: &Issuer, name: &str) -> RunningService {
    let service = issuer.service(name).await;
    service.ready().await;
    service
}

#[tokio::test]
async fn a_ban_is_known_in_every_instance_of_every_service() {
    let issuer = Issuer::new();
    let cookie = issuer.auth.cookie(ADA);
    let mut services = Vec::new();
    for name in ["tickets", "tickets", "orders"] {
        services.push(running(&issuer, name).await);
    }
    assert!(services.iter().all(|service| service.judge(&cookie).is_ok()));
    issuer.revoke(&ban(&issuer, 1, true)).await;
    for service in &services {
        eventually("the ban is known", || service.judge(&cookie) == Err(AuthError::AccountBanned))
            .await;
    }
}

/// Each instance has a subscription of its own, whatever it is called.
#[tokio::test]
async fn e4_instances_of_one_name_share_nothing() {
    let issuer = Issuer::new();
    let one = running(&issuer, "tickets").await;
    let other = running(&issuer, "tickets").await;
    for n in 0..20 {
        let (session, at) = (format!("s{n}"), issuer.now());
        issuer.revoke(&Revocation::Session { session, at }).await;
    }
    for service in [one, other] {
        eventually("all news is there", || service.view.len() == 20).await;
        assert_eq!(service.status.feed().snapshots(), 1);
    }
}

#[tokio::test]
async fn e1_forged_revocations_and_heartbeats_are_refused() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let cookie = issuer.auth.cookie(ADA);
    issuer.revoke(&ban(&issuer, 1, true)).await;
    eventually("the ban is known", || service.judge(&cookie).is_err()).await;

    let lifting = ban(&issuer, 2, false);
    let about = About { user: "user", version: 9, position: 2, report: false };
    let mark = Mark { position: 1, at: issuer.now() + 4_000 };
    let publisher = || Publisher::new("auth");
    // Signed by somebody else, in the name of the issuer; and by the issuer's key for another one.
    let stranger = KeyRing::generate(Algorithm::EdDsa).unwrap();
    for (ring, iss) in [(stranger, "ticketing"), (issuer.auth.ring(), "staging")] {
        let forged = RevocationPublisher::new(ring, iss, publisher());
        forged.publish(&issuer.bus, about, &lifting).await.unwrap();
        forged.heartbeat(&issuer.bus, 1, mark).await.unwrap();
    }
    // A proof of another kind, changed, or none.
    let token = issuer.auth.token(ADA);
    let genuine = issuer.auth.ring();
    let genuine = RevocationPublisher::new(genuine, "ticketing", publisher());
    let snapshot = genuine.sign_snapshot(mark, issuer_snapshot(&service)).unwrap();
    let cut = snapshot[..snapshot.len() - 8].to_owned();
    for proof in [String::new(), token, snapshot, cut, "a.b.c".to_owned()] {
        let (id, version, ban_version, epoch) = (user_id(ADA), 9, 9, 0);
        let event = UserUnbanned { id, version, ban_version, epoch, proof: proof.clone() };
        publisher().publish(&issuer.bus, &event).await.unwrap();
        let event = AuthHeartbeat { sequence: 1, time: Timestamp::from_millis(mark.at), proof };
        publisher().publish(&issuer.bus, &event).await.unwrap();
    }
    eventually("all were refused", || service.status.feed().refused() == 14).await;
    assert_eq!(service.judge(&cookie), Err(AuthError::AccountBanned));
    issuer.time.advance(Duration::from_secs(6));
    assert!(service.view.is_stale(), "no forged heartbeat counts");

    // Nothing of it holds up the genuine ones, and nothing is left for an operator.
    issuer.revoke(&ban(&issuer, 2, false)).await;
    issuer.heartbeat().await;
    eventually("the lifting is known", || service.judge(&cookie) == Err(AuthError::SessionRevoked))
        .await;
    let parked: u64 =
        issuer.bus.subscriptions().await.unwrap().iter().map(|stats| stats.parked).sum();
    assert_eq!(parked, 0);
}

fn issuer_snapshot(service: &RunningService) -> ticketkit_auth::revocation::Snapshot {
    service.view.export()
}

#[tokio::test]
async fn e2_a_view_without_heartbeats_turns_stale_and_heals() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let cookie = issuer.auth.cookie(ADA);
    issuer.time.advance(Duration::from_millis(5_001));
    assert_eq!(service.judge(&cookie), Err(AuthError::Stale));
    assert!(service.status.check().unwrap_err().contains("5001 ms"));
    issuer.heartbeat().await;
    eventually("it is fresh", || service.judge(&cookie).is_ok()).await;
}

/// The third policy: a route that asks the issuer before it refuses.
#[tokio::test]
async fn e2_a_route_can_ask_the_issuer() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let asking = axum::Router::new()
        .route("/mine", axum::routing::get(async |_: CurrentUser| "served"))
        .layer(service.ask.clone())
        .layer(service.layer.clone());
    let ask = async |cookie: &str| {
        let request = http::Request::get("/mine").header("cookie", cookie);
        let request = request.body(axum::body::Body::empty()).unwrap();
        asking.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    let (ada, bob) = (issuer.auth.cookie(ADA), issuer.auth.cookie("bob@example.com"));
    issuer.revoke_in_silence(&ban(&issuer, 1, true));
    issuer.time.advance(Duration::from_secs(6));
    assert_eq!(service.judge(&ada), Err(AuthError::Stale));
    let loaded = issuer.network.snapshots.load(Ordering::SeqCst);
    let answers = tokio::join!(ask(&ada), ask(&bob), ask(&bob));
    assert_eq!(answers, (403, 200, 200));
    assert_eq!(issuer.network.snapshots.load(Ordering::SeqCst), loaded + 1, "one answer for all");
    issuer.time.advance(Duration::from_secs(6));
    issuer.network.is_down.store(true, Ordering::SeqCst);
    assert_eq!(ask(&bob).await, 503);
}

/// What the stream lost is missed at the next heartbeat, and loaded.
#[tokio::test]
async fn what_got_lost_is_loaded_before_the_view_is_fresh_again() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let cookie = issuer.auth.cookie(ADA);
    issuer.network.is_down.store(true, Ordering::SeqCst);
    issuer.revoke_in_silence(&ban(&issuer, 1, true));
    issuer.time.advance(Duration::from_secs(6));
    for _ in 0..3 {
        issuer.heartbeat().await;
    }
    eventually("the gap is noticed", || service.status.feed().failures() > 0).await;
    assert_eq!(service.judge(&cookie), Err(AuthError::Stale), "it is not called fresh");
    issuer.network.is_down.store(false, Ordering::SeqCst);
    eventually("the ban is known", || service.judge(&cookie) == Err(AuthError::AccountBanned))
        .await;
    service.ready().await;
}

#[tokio::test]
async fn a_service_starts_without_its_issuer_and_lets_nobody_in() {
    let issuer = Issuer::new();
    issuer.network.is_down.store(true, Ordering::SeqCst);
    issuer.revoke_in_silence(&ban(&issuer, 1, true));
    let service = issuer.service("tickets").await;
    let (ada, bob) = (issuer.auth.cookie(ADA), issuer.auth.cookie("bob@example.com"));
    eventually("it was tried", || issuer.network.key_sets.load(Ordering::SeqCst) > 0).await;
    assert_eq!(service.judge(&bob), Err(AuthError::Stale), "a good token is not called bad");
    assert_eq!(service.judge("ticketkit=a.b.c"), Err(AuthError::Unauthenticated));
    assert!(service.status.check().unwrap_err().contains("no keys"));
    issuer.network.is_down.store(false, Ordering::SeqCst);
    service.ready().await;
    assert_eq!(service.judge(&ada), Err(AuthError::AccountBanned));
    assert_eq!(service.judge(&bob), Ok(()));
}

#[tokio::test]
async fn k2_unknown_key_ids_cause_one_fetch_in_thirty_seconds() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let fetches = || issuer.network.key_sets.load(Ordering::SeqCst);
    assert_eq!(fetches(), 1);
    let keys = service.status.keys().clone();
    let storm = async |prefix: &str| {
        for n in 0..500 {
            assert!(!keys.find(&format!("{prefix}{n}")).await);
        }
    };
    storm("a").await;
    assert_eq!(fetches(), 1, "the first fetch was not long ago");
    issuer.time.advance(Duration::from_secs(30));
    storm("b").await;
    assert_eq!(fetches(), 2);
    issuer.time.advance(Duration::from_secs(30));
    assert!(!keys.find("b0").await);
    assert_eq!(fetches(), 2, "it was looked for");

    // Many at once are one flight.
    let other = keys.clone();
    tokio::join!(keys.find("c1"), other.find("c2"), keys.find("c3"));
    assert_eq!(fetches(), 3);

    // And a token with one is a fetch in the background, in its time.
    issuer.time.advance(Duration::from_secs(30));
    let stranger = KeyRing::generate(Algorithm::EdDsa).unwrap();
    let stranger = TokenIssuer::new(stranger, "ticketing", "ticketing").clock(issuer.clock());
    let token = stranger.issue(&Grant::new("user", "session")).unwrap();
    let cookie = format!("ticketkit={}", token.as_str());
    for _ in 0..100 {
        assert_eq!(service.judge(&cookie), Err(AuthError::Unauthenticated));
    }
    eventually("it is looked for", || fetches() == 4).await;
}

/// What is remembered of key ids that there are not is bounded, and the oldest goes first.
#[tokio::test]
async fn k2_the_memory_of_unknown_key_ids_is_bounded() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let keys = service.status.keys().clone();
    let fetches = || issuer.network.key_sets.load(Ordering::SeqCst);
    let asks_for = async |n: u32| {
        issuer.time.advance(Duration::from_secs(30));
        let before = fetches();
        assert!(!keys.find(&format!("k{n}")).await);
        fetches() - before
    };
    for n in 0..257 {
        assert_eq!(asks_for(n).await, 1, "{n} was never asked for");
    }
    for n in 1..257 {
        assert_eq!(asks_for(n).await, 0, "{n} is remembered");
    }
    assert_eq!(asks_for(0).await, 1, "the oldest of 257 was forgotten");
    assert_eq!(asks_for(1).await, 1, "and with it the next");
}

/// Also a fetch that fails is the one of its thirty seconds: an issuer that is down is not stormed.
#[tokio::test]
async fn k2_a_fetch_that_fails_counts_as_one() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let keys = service.status.keys().clone();
    let fetches = || issuer.network.key_sets.load(Ordering::SeqCst);
    issuer.network.is_down.store(true, Ordering::SeqCst);
    issuer.time.advance(Duration::from_secs(30));
    let mut flights = tokio::task::JoinSet::new();
    for n in 0..50 {
        let keys = keys.clone();
        flights.spawn(async move { keys.find(&format!("k{n}")).await });
    }
    assert!(flights.join_all().await.iter().all(|found| !found));
    assert!(!keys.find("later").await);
    assert_eq!(fetches(), 2);

    issuer.network.is_down.store(false, Ordering::SeqCst);
    issuer.time.advance(Duration::from_secs(30));
    let new = issuer.auth.ring().add_standby(SigningKey::generate(Algorithm::EdDsa).unwrap());
    assert!(keys.find(&new.unwrap()).await, "and the next one brings what is new");
    assert_eq!(fetches(), 3);
}

#[tokio::test]
async fn k2_a_fetch_that_fails_or_brings_nonsense_evicts_nothing() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let cookie = issuer.auth.cookie(ADA);
    let keys = service.status.keys();
    for nonsense in ["", "<html>", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        *issuer.network.false_keys.lock().unwrap() = Some(nonsense.to_owned());
        assert!(keys.refresh().await.is_err(), "{nonsense}");
    }
    issuer.network.is_down.store(true, Ordering::SeqCst);
    assert!(keys.refresh().await.is_err());
    assert_eq!(service.judge(&cookie), Ok(()));
}

/// K4: a key that leaked is out everywhere with the next heartbeat, and the new one is in.
#[tokio::test]
async fn k4_a_removed_key_is_out_with_the_next_heartbeat() {
    let issuer = Issuer::new();
    let service = running(&issuer, "tickets").await;
    let leaked = issuer.auth.cookie(ADA);
    assert_eq!(service.judge(&leaked), Ok(()));
    issuer.time.advance(Duration::from_secs(31));
    issuer.turn_keys_over();
    issuer.heartbeat().await;
    eventually("the old key is out", || service.judge(&leaked) == Err(AuthError::Unauthenticated))
        .await;
    let fresh = issuer.auth.cookie(ADA);
    eventually("the new key is in", || service.judge(&fresh).is_ok()).await;
}

/// A service that fetches keys from its issuer, and a spy at the address that the token names: also
/// for a key id that is not known, for which the issuer is asked.
#[tokio::test]
async fn t6_a_spy_at_the_address_in_the_token_hears_nothing() {
    let spy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    spy.set_nonblocking(true).expect("a socket");
    let url = format!("http://{}/keys", spy.local_addr().expect("an address"));
    let issuer = Issuer::new();
    let service = issuer.service("tickets").await;
    service.ready().await;
    let fetched = issuer.network.key_sets.load(Ordering::SeqCst);
    // Or the issuer would not be asked again whatever the token says.
    issuer.time.advance(Duration::from_secs(31));
    let forge = Forge::new();
    for name in ["jku", "x5u", "jwk", "x5c"] {
        let cookie = format!("ticketkit={}", forge.member(name, Some(json!(url))));
        assert_eq!(service.judge(&cookie), Err(AuthError::Unauthenticated), "{name}");
    }
    // The key id alone does cause a fetch, from the issuer: so the service was listening.
    let cookie = format!("ticketkit={}", forge.token());
    assert_eq!(service.judge(&cookie), Err(AuthError::Unauthenticated));
    let key_sets = || issuer.network.key_sets.load(Ordering::SeqCst);
    eventually("the issuer is asked", || key_sets() == fetched + 1).await;
    let heard = spy.accept().map_err(|error| error.kind());
    assert_eq!(heard.err(), Some(std::io::ErrorKind::WouldBlock));
}
