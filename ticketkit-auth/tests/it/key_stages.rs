//! K1: the stages of a key, and how long it stays in them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use ticketkit_auth::{
    Grant, KeyRing, ManualClock, TokenIssuer, TokenVerifier,
    keys::{Algorithm, CACHE_AGE, KeyError, KeyStage, Overlap, SigningKey},
    remote::{Fetch, FetchError, RemoteKeys},
};
use ticketkit_events::BoxFuture;

use crate::issuer::{Issuer, eventually};

const MILLISECOND: Duration = Duration::from_millis(1);

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa).expect("a key")
}

fn ring() -> (KeyRing, ManualClock) {
    let time = ManualClock::default();
    (KeyRing::generate(Algorithm::EdDsa).expect("a key").clock(time.clock()), time)
}

fn issuer(ring: &KeyRing, time: &ManualClock) -> TokenIssuer {
    TokenIssuer::new(ring.clone(), "ticketing", "ticketing").clock(time.clock())
}

fn token(ring: &KeyRing, time: &ManualClock) -> String {
    let token = issuer(ring, time).issue(&Grant::new("user", "session"));
    token.expect("a token").as_str().to_owned()
}

/// Returns for how long an attempt is refused.
fn wait(result: Result<(), KeyError>) -> Duration {
    match result {
        Err(KeyError::TooEarly { wait, .. }) => wait,
        other => panic!("{other:?}"),
    }
}

#[test]
fn k1_a_key_goes_through_its_stages_and_no_sooner_than_verifiers_follow() {
    let (ring, time) = ring();
    let verifier = TokenVerifier::new(&ring, "ticketing", "ticketing").clock(time.clock());
    let old = ring.active().kid().to_owned();
    let Overlap { publish, retire } = Overlap::DEFAULT;

    let new = SigningKey::generate(Algorithm::Es256).expect("a key");
    let new = ring.add_standby(new).expect("a new key");
    assert_eq!(ring.stage(&new), Some(KeyStage::Standby));
    assert_eq!(ring.jwks().keys().len(), 2, "published before it signs");
    assert_eq!(ring.active().kid(), old);
    assert_eq!(wait(ring.promote(&new)), publish);
    time.advance(publish - MILLISECOND);
    let refused = ring.promote(&new).expect_err("a moment too early");
    assert!(refused.is_too_early() && refused.to_string().contains("for another 1 s"), "{refused}");
    assert_eq!(ring.active().kid(), old, "it is as it was");
    assert_eq!(ring.remaining(&new), Some(MILLISECOND));

    time.advance(MILLISECOND);
    let by_old = token(&ring, &time);
    assert_eq!(ring.remaining(&new), None);
    ring.promote(&new).expect("it was published for long enough");
    assert_eq!(ring.stage(&old), Some(KeyStage::Retiring));
    assert_eq!(ring.active().kid(), new);
    assert!(verifier.verify(&by_old).is_ok(), "the old one still verifies");
    assert!(verifier.verify(&token(&ring, &time)).is_ok(), "the new one does");
    assert_eq!(wait(ring.remove(&old)), retire);
    time.advance(retire - MILLISECOND);
    assert_eq!(wait(ring.remove(&old)), MILLISECOND);
    assert_eq!(ring.jwks().keys().len(), 2, "it is as it was");

    time.advance(MILLISECOND);
    ring.remove(&old).expect("it was retiring for long enough");
    assert_eq!(ring.stage(&old), Some(KeyStage::Removed));
    assert_eq!(ring.jwks().keys().len(), 1);

    for promote in [KeyRing::promote, KeyRing::promote_now] {
        assert!(matches!(promote(&ring, &old), Err(KeyError::Stage { .. })), "no way back");
        assert!(matches!(promote(&ring, "other"), Err(KeyError::Unknown(_))));
    }
    for remove in [KeyRing::remove, KeyRing::remove_now] {
        assert!(matches!(remove(&ring, &new), Err(KeyError::Stage { .. })), "one signs always");
    }
}

#[test]
fn k1_a_key_that_never_signed_is_removed_at_any_time() {
    let (ring, _time) = ring();
    let new = ring.add_standby(key()).expect("a new key");
    ring.remove(&new).expect("nothing of it is valid");
}

#[test]
fn k1_a_clock_that_was_set_back_makes_keys_stay_for_longer() {
    let (ring, time) = ring();
    let new = ring.add_standby(key()).expect("a new key");
    let begun = time.now();
    time.advance(Overlap::DEFAULT.publish);
    time.set(begun);
    assert_eq!(wait(ring.promote(&new)), Overlap::DEFAULT.publish);
}

/// The defaults outlast what this crate itself lets others do: neither changes without the other.
#[test]
fn k1_the_overlap_covers_caches_and_tokens() {
    let (ring, _time) = ring();
    let verifier = TokenVerifier::new(&ring, "ticketing", "ticketing");
    assert!(Overlap::DEFAULT.publish > 2 * CACHE_AGE);
    assert!(Overlap::DEFAULT.retire > verifier.longest_validity());
}

#[test]
fn k1_a_key_outlasts_the_longest_token_that_it_signed() {
    let (ring, time) = ring();
    let old = ring.active().kid().to_owned();
    let hour = Duration::from_secs(3600);
    let long = issuer(&ring, &time).lifetime(hour);
    let new = ring.add_standby(key()).expect("a new key");
    time.advance(Overlap::DEFAULT.publish);
    let by_old = long.issue(&Grant::new("user", "session")).expect("a token");
    ring.promote(&new).expect("it was published for long enough");

    let verifier =
        TokenVerifier::new(&ring, "ticketing", "ticketing").max_lifetime(hour).clock(time.clock());
    while let Err(refused) = ring.remove(&old) {
        assert!(refused.is_too_early(), "{refused}");
        time.advance(Duration::from_secs(10));
    }
    time.advance(Duration::from_secs(10));
    assert!(time.clock().unix_seconds() > by_old.claims().exp + 2 * 5);
    assert!(verifier.verify(by_old.as_str()).is_err());
}

/// Answers with a copy of the key set until that is as old as its `max-age` lets it become.
#[derive(Clone)]
struct Cache {
    ring: KeyRing,
    time: ManualClock,
    copy: Arc<Mutex<Option<(Duration, Bytes)>>>,
}

impl Fetch for Cache {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Bytes, FetchError>> {
        Box::pin(async move {
            let now = self.time.clock().monotonic();
            let mut copy = self.copy.lock().expect("whole");
            if let Some((at, body)) = &*copy
                && now.saturating_sub(*at) < CACHE_AGE
            {
                return Ok(body.clone());
            }
            let body = Bytes::from(serde_json::to_vec(&self.ring.jwks()).expect("JSON"));
            *copy = Some((now, body.clone()));
            Ok(body)
        })
    }
}

/// The worst case: a cache between has fetched just before the key was there, and the verifier was
/// answered by it just before that copy was too old. It hears nothing, and asks for no key id.
#[tokio::test]
async fn k1_a_verifier_that_fetched_just_before_never_meets_an_unknown_key() {
    for (step, promote) in [(0, true), (1, true), (0, false)] {
        let (ring, time) = ring();
        let cache = Cache { ring: ring.clone(), time: time.clone(), copy: Arc::default() };
        cache.get("").await.expect("a document");
        let new = ring.add_standby(key()).expect("a new key");
        time.advance(CACHE_AGE - MILLISECOND * (1 + step));
        let keys = RemoteKeys::new(Arc::new(cache), time.clock()).expect("a set");
        keys.refresh().await.expect("the issuer answers");
        assert_eq!(keys.set().len(), 1, "the copy is of before");
        let mut fetched = time.clock().monotonic();
        let verifier = TokenVerifier::new(keys.set(), "ticketing", "ticketing").clock(time.clock());

        let mut refused = 0;
        for _ in 0..20 * 60 {
            time.advance(Duration::from_secs(1));
            // As `run` does it.
            if time.clock().monotonic() - fetched >= CACHE_AGE {
                keys.refresh().await.expect("the issuer answers");
                fetched = time.clock().monotonic();
            }
            if ring.active().kid() != new {
                // Without the overlap, it does meet one.
                let now = if promote { ring.promote(&new) } else { ring.promote_now(&new) };
                assert_eq!(now.is_ok(), ring.active().kid() == new);
            }
            refused += u32::from(verifier.verify(&token(&ring, &time)).is_err());
        }
        assert_eq!(ring.active().kid(), new);
        assert_eq!(refused == 0, promote, "{refused} tokens were refused");
    }
}

/// A service that follows the issuer by its heartbeats has the key in moments, also without the
/// overlap: and that is what an emergency relies on.
#[tokio::test]
async fn k1_a_verifier_that_hears_heartbeats_has_a_standby_key_at_once() {
    let issuer = Issuer::new();
    let service = issuer.service("tickets").await;
    service.ready().await;
    issuer.time.advance(Duration::from_secs(31));
    let ring = issuer.auth.ring();
    ring.add_standby(key()).expect("a new key");
    issuer.heartbeat().await;
    eventually("the key is there", || service.status.keys().set().len() == 2).await;
    assert_eq!(issuer.network.key_sets.load(Ordering::SeqCst), 2);
}

fn file(folder: &Path, stage: &str) -> PathBuf {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    let is_of = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        name.starts_with(stage)
    };
    paths.find(is_of).expect("a file of that stage")
}

/// Each command is a process of its own, which knows only what the folder says.
#[test]
fn k1_the_folder_says_since_when() {
    let time = ManualClock::default();
    let folder = tempfile::tempdir().expect("a folder");
    let open = |folder: &Path| {
        KeyRing::open(folder, Algorithm::EdDsa).expect("a ring").clock(time.clock())
    };
    let first = open(folder.path());
    let old = first.active().kid().to_owned();
    let new = first.add_standby(key()).expect("a new key");
    first.save(folder.path()).expect("written");

    time.advance(Overlap::DEFAULT.publish - MILLISECOND);
    assert_eq!(wait(open(folder.path()).promote(&new)), MILLISECOND);
    // A copy does not wait anew: the time is in the name.
    let copy = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    time.advance(MILLISECOND);
    let second = open(copy.path());
    second.promote(&new).expect("it was published for long enough");
    second.save(copy.path()).expect("written");

    time.advance(Overlap::DEFAULT.retire - MILLISECOND);
    assert_eq!(wait(open(copy.path()).remove(&old)), MILLISECOND);
    time.advance(MILLISECOND);
    assert!(first.reload(copy.path()).expect("a ring"), "a service that runs takes it in");
    first.remove(&old).expect("it was retiring for long enough");
    first.save(copy.path()).expect("written");
    assert_eq!(fs::read_dir(copy.path()).expect("a folder").count(), 1);
}

/// Files of before have no time in their names: it is that of the last rename, whatever they were
/// written at, and what is saved has one.
#[cfg(unix)]
#[test]
fn k1_key_files_of_before_are_read_and_wait_in_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, keys) = (folder.path(), [key(), key(), key()]);
    for (key, stage) in keys.iter().zip(["active", "standby", "retiring"]) {
        let file = path.join(format!("{stage}-{}.pem", key.kid()));
        fs::write(&file, key.to_pem()).expect("written");
        let old = std::time::SystemTime::now() - Duration::from_secs(24 * 3600);
        fs::File::open(file).and_then(|file| file.set_modified(old)).expect("as if long ago");
    }
    let ring = KeyRing::open(path, Algorithm::EdDsa).expect("a ring");
    assert_eq!(ring.active().kid(), keys[0].kid());
    let minute = Duration::from_secs(60);
    assert!(wait(ring.promote(keys[1].kid())) > Overlap::DEFAULT.publish - minute);
    assert!(wait(ring.remove(keys[2].kid())) > Overlap::DEFAULT.retire - minute);

    ring.save(path).expect("written");
    for (key, stage) in keys.iter().zip(["active", "standby", "retiring"]) {
        let name = file(path, stage).file_name().expect("a name").to_string_lossy().into_owned();
        let since = name.strip_prefix(stage).and_then(|name| name.strip_suffix(".pem"));
        let since = since.and_then(|name| name.strip_suffix(key.kid()));
        let since = since.map(|since| since.trim_matches('-'));
        assert!(since.is_some_and(|since| since.parse::<i64>().is_ok()), "{name}");
    }
    let again = KeyRing::open(path, Algorithm::EdDsa).expect("a ring");
    assert!(wait(again.promote(keys[1].kid())) <= Overlap::DEFAULT.publish);
    assert!(!ring.reload(path).expect("a ring"), "it is the same ring");
}
