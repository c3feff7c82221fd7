//! An issuer with a stream of revocations, and a network to it that can be cut.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
};

use bytes::Bytes;
use ticketkit_auth::{
    Clock, ManualClock, RemoteAuth, RevocationView,
    feed::{About, RevocationPublisher},
    keys::{Algorithm, KeyRing},
    remote::{Fetch, FetchError},
    revocation::{Mark, Revocation},
    testing::TestAuth,
};
use ticketkit_events::{BoxFuture, Bus, Publisher};

/// The issuer, its clock and the bus. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) auth: TestAuth,
    pub(crate) time: ManualClock,
    pub(crate) bus: Bus,
    pub(crate) network: Arc<Network>,
    revocations: RevocationPublisher,
    known: RevocationView,
    position: Arc<AtomicI64>,
    sequence: Arc<AtomicI64>,
}

/// The way to the issuer's documents.
#[derive(Default)]
pub(crate) struct Network {
    pub(crate) is_down: AtomicBool,
    pub(crate) key_sets: AtomicU64,
    pub(crate) snapshots: AtomicU64,
    /// What is answered in the place of the key set.
    pub(crate) false_keys: Mutex<Option<String>>,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        Self::on(Bus::memory())
    }

    pub(crate) fn on(bus: Bus) -> Self {
        let time = ManualClock::default();
        let auth = TestAuth::with_clock(time.clock());
        let publisher = Publisher::new("auth");
        let revocations = RevocationPublisher::new(auth.ring(), "ticketing", publisher);
        let life = auth.verifier().longest_validity();
        Self {
            known: RevocationView::without_heartbeat(life, time.clock()),
            revocations,
            bus,
            network: Arc::default(),
            position: Arc::default(),
            sequence: Arc::default(),
            auth,
            time,
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.time.clock()
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock().unix_millis()
    }

    /// A service that follows this issuer; it runs until the test ends.
    pub(crate) async fn service(&self, name: &str) -> RunningService {
        self.service_on(name, &self.bus).await
    }

    /// One with a connection of its own to the engine.
    pub(crate) async fn service_on(&self, name: &str, bus: &Bus) -> RunningService {
        let cookies = self.auth.cookies();
        let remote = RemoteAuth::builder("http://issuer.test", "ticketing", "ticketing", cookies)
            .fetch(self.clone())
            .clock(self.clock())
            .bind(name, bus)
            .await
            .expect("the engine has fan-out");
        let service = RunningService {
            layer: remote.layer(),
            ask: remote.ask(),
            view: remote.revocations(),
            status: remote.status(),
        };
        tokio::spawn(remote.run(std::future::pending()));
        service
    }

    /// Makes a revocation and publishes it.
    pub(crate) async fn revoke(&self, news: &Revocation) {
        let position = self.revoke_in_silence(news);
        self.announce(position, news).await;
    }

    /// Makes a revocation whose event gets lost.
    pub(crate) fn revoke_in_silence(&self, news: &Revocation) -> i64 {
        self.known.apply(news);
        self.position.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) async fn announce(&self, position: i64, news: &Revocation) {
        let about = About { user: "user", version: 1, position, report: false };
        self.revocations.publish(&self.bus, about, news).await.expect("it is signed");
    }

    pub(crate) async fn heartbeat(&self) {
        let sequence = self.sequence.fetch_add(1, Ordering::SeqCst);
        self.revocations.heartbeat(&self.bus, sequence, self.mark()).await.expect("it is signed");
    }

    fn mark(&self) -> Mark {
        let at = self.now();
        Mark { position: self.position.load(Ordering::SeqCst), at }
    }

    /// Another key, active at once: what an emergency looks like.
    pub(crate) fn turn_keys_over(&self) -> KeyRing {
        let ring = self.auth.ring();
        let old = ring.active().kid().to_owned();
        let next = ticketkit_auth::keys::SigningKey::generate(Algorithm::EdDsa).expect("a key");
        let next = ring.add_standby(next).expect("a new key");
        ring.promote_now(&next).expect("it is standby");
        ring.remove_now(&old).expect("it is retiring");
        ring
    }
}

impl Fetch for Issuer {
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Bytes, FetchError>> {
        Box::pin(async move {
            let network = &self.network;
            let count =
                if path.ends_with("jwks.json") { &network.key_sets } else { &network.snapshots };
            count.fetch_add(1, Ordering::SeqCst);
            // So that whoever asks at the same time does.
            tokio::task::yield_now().await;
            if network.is_down.load(Ordering::SeqCst) {
                let source = "no route to host".into();
                return Err(FetchError::Io { url: path.to_owned(), source });
            }
            let body = if path.ends_with("jwks.json") {
                let keys = network.false_keys.lock().expect("whole").clone();
                keys.unwrap_or_else(|| {
                    serde_json::to_string(&self.auth.ring().jwks()).expect("JSON")
                })
            } else {
                self.revocations.sign_snapshot(self.mark(), self.known.export()).expect("signed")
            };
            Ok(body.into())
        })
    }
}

/// A service that follows an [`Issuer`].
pub(crate) struct RunningService {
    pub(crate) layer: ticketkit_auth::AuthLayer,
    pub(crate) ask: ticketkit_auth::feed::AskLayer,
    pub(crate) view: RevocationView,
    pub(crate) status: ticketkit_auth::remote::RemoteStatus,
}

impl RunningService {
    /// Returns what a guarded route says to a cookie.
    pub(crate) fn judge(&self, cookie: &str) -> Result<(), ticketkit_auth::AuthError> {
        let mut headers = http::HeaderMap::new();
        headers.insert("cookie", cookie.parse().expect("a header"));
        let caller = self.layer.caller(&headers);
        caller.user(ticketkit_auth::StalePolicy::Refuse).map(|_| ())
    }

    pub(crate) async fn ready(&self) {
        eventually("the service is ready", || self.status.check().is_ok()).await;
    }
}

/// Waits until something holds, for 10 s at most.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 10, "waited in vain until {what}");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
