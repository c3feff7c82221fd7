use std::time::{Duration, Instant};

use serde_json::json;
use ticketing_auth::Settings;
use ticketkit_auth::password::Cost;

use crate::fixture::{Answer, Browser, PASSWORD, Service, settings};

#[tokio::test]
async fn signing_in_takes_the_address_in_any_case() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let mut other = service.browser();
    let answer = other.sign_in("ADA@example.com", PASSWORD).await.expect(200);
    assert_eq!(answer.json(), ada.me().await);
}

/// S1
#[tokio::test]
async fn s1_every_sign_in_is_a_new_session() {
    let service = Service::start().await;
    let mut ada = service.sign_up("ada@example.com").await;
    let mut sids = vec![sid(&service, &ada)];
    for _ in 0..2 {
        ada.sign_in("ada@example.com", PASSWORD).await.expect(200);
        sids.push(sid(&service, &ada));
    }
    sids.sort();
    sids.dedup();
    assert_eq!(sids.len(), 3);
}

fn sid(service: &Service, browser: &Browser) -> String {
    service.verifier.verify(&browser.cookie("ticketkit")).unwrap().sid.clone()
}

/// P7, the answers: nothing tells an unknown address from a wrong password.
#[tokio::test]
async fn unknown_and_wrong_are_answered_alike() {
    let service = Service::start().await;
    service.sign_up("ada@example.com").await;
    let mut essences = Vec::new();
    for email in ["ada@example.com", "nobody@example.com", "no address", "a\0@example.com"] {
        let answer = service.browser().sign_in(email, "canary wrong").await;
        essences.push(essence(&answer.problem(401, "invalid_credentials")));
    }
    assert!(essences.windows(2).all(|pair| pair[0] == pair[1]), "{essences:#?}");
}

fn essence(answer: &Answer) -> (String, Vec<(String, String)>) {
    let id = answer.headers["x-request-id"].to_str().unwrap();
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.text.replace(id, ""), headers.collect())
}

/// P7, the time: the shortest of several, since other work only ever makes it longer. On a busy
/// machine it takes more tries until both were undisturbed once.
#[tokio::test]
async fn an_unknown_address_costs_a_hash_too() {
    let mut settings = settings();
    settings.password_cost = Cost::DEFAULT;
    settings.throttle = false;
    let service = Service::start_with(settings).await;
    service.sign_up("ada@example.com").await;
    let (mut wrong, mut unknown) = (Duration::MAX, Duration::MAX);
    for tries in 1..=50 {
        wrong = wrong.min(timed(&service, "ada@example.com").await);
        unknown = unknown.min(timed(&service, "nobody@example.com").await);
        if tries >= 5 && unknown * 2 > wrong && wrong * 2 > unknown {
            return;
        }
    }
    panic!("a wrong password takes {wrong:?}, an unknown address {unknown:?}");
}

async fn timed(service: &Service, email: &str) -> Duration {
    let begun = Instant::now();
    service.browser().sign_in(email, "canary wrong").await.expect(401);
    begun.elapsed()
}

/// P4
#[tokio::test]
async fn a_hash_of_another_strength_is_replaced_at_sign_in() {
    let service = Service::start().await;
    service.sign_up("ada@example.com").await;
    let hash = async || service.column("select password_hash from users").await.remove(0);
    let before = hash().await;
    assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{before}");
    service.browser().sign_in("ada@example.com", PASSWORD).await.expect(200);
    assert_eq!(hash().await, before);

    let mut tx = service.database.begin().await.unwrap();
    // The hash of PASSWORD under other parameters, as an older release would have stored it.
    let older = weaker_hash().await;
    sqlx::query("update users set password_hash = $1")
        .bind(older.as_str())
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    service.browser().sign_in("ada@example.com", PASSWORD).await.expect(200);
    let after = hash().await;
    assert!(after.starts_with("$argon2id$v=19$m=8,t=1,p=1$") && after != older, "{after}");
    service.browser().sign_in("ada@example.com", PASSWORD).await.expect(200);
}

async fn weaker_hash() -> String {
    use ticketkit_auth::password::{Password, PasswordHasher};
    let cost = Cost { memory: 16, passes: 1, lanes: 1 };
    let hasher = PasswordHasher::with_limits(cost, 1, 1).unwrap();
    hasher.hash(Password::new(PASSWORD.to_owned()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn currentuser_is_never_a_401() {
    let service = Service::start().await;
    let mut browser = service.browser();
    assert_eq!(browser.me().await, json!(null));
    browser.cookies.insert("ticketkit".to_owned(), "nonsense".to_owned());
    assert_eq!(browser.me().await, json!(null));
    let mut ada = service.sign_up("ada@example.com").await;
    service.advance(Duration::from_secs(400));
    assert_eq!(ada.me().await, json!(null));
    ada.guarded().await.problem(401, "session_expired");
    ada.refresh().await.expect(200);
    assert_ne!(ada.me().await, json!(null));
}

/// P3, where nothing else is set: the cost that is stored is that of the service's own settings.
#[tokio::test]
async fn p3_the_service_hashes_at_the_full_cost() {
    assert_eq!(Settings::default().password_cost, Cost::DEFAULT);
    let mut settings = settings();
    settings.password_cost = Settings::default().password_cost;
    let service = Service::start_with(settings).await;
    service.sign_up("ada@example.com").await;
    let hashes = service.column("select password_hash from users").await;
    assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashes:?}");
}

/// P6: more sign-ins at once than passwords may wait. Some are turned away at once, and told when to
/// come back; who was admitted is answered, and afterwards everybody is.
#[tokio::test]
async fn p6_a_service_with_no_room_says_503_and_when_to_come_back() {
    let mut settings = settings();
    settings.throttle = false;
    // Slow enough that none ends before the last has come.
    settings.password_cost = Cost { memory: 48 * 1024, passes: 2, lanes: 1 };
    let service = Service::start_with(settings).await;
    service.sign_up("ada@example.com").await;
    let room = std::thread::available_parallelism().map_or(1, usize::from) * 33;
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..room + 100 {
        let mut browser = service.browser();
        attempts.spawn(async move { browser.sign_in("ada@example.com", "canary wrong").await });
    }
    let (busy, served): (Vec<_>, Vec<_>) =
        attempts.join_all().await.into_iter().partition(|answer| answer.status == 503);
    assert!(busy.len() >= 20, "{} of {}", busy.len(), room + 100);
    assert!(served.len() >= room, "{} of {room}", served.len());
    for answer in served {
        answer.problem(401, "invalid_credentials");
    }
    for answer in busy {
        assert_eq!(answer.problem(503, "unavailable").headers["retry-after"], "1");
    }
    service.browser().sign_in("ada@example.com", PASSWORD).await.expect(200);
}
