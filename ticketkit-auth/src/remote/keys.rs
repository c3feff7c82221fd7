use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ticketkit_events::BoxError;
use tokio::{sync::mpsc, time::sleep};

use super::Fetch;
use crate::{
    Clock, jws,
    keys::{CACHE_AGE, Jwks, KeyError, KeySet},
};

/// Unknown key ids cause at most one fetch in this time: anybody can write one.
pub const COOL_DOWN: Duration = Duration::from_secs(30);

/// How many key ids are remembered that the issuer does not have.
const MOST_UNKNOWN: usize = 256;

const PATH: &str = "/.well-known/jwks.json";
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The key set of an issuer, fetched and kept current. A cheap, shared handle.
///
/// At any time one fetch is under way. One that fails, or brings a set that is unfit or empty,
/// changes nothing.
#[derive(Clone)]
pub struct RemoteKeys(Arc<Shared>);

struct Shared {
    set: KeySet,
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    /// Held while a fetch is under way.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    wanted: mpsc::Sender<String>,
    wants: tokio::sync::Mutex<mpsc::Receiver<String>>,
}

#[derive(Debug, Default)]
struct State {
    /// When the last fetch began, by the monotonic clock.
    asked_at: Option<Duration>,
    /// Counts the fetches that ended, and of these the good ones, so that who waited for one does
    /// not begin another.
    fetches: u64,
    good: u64,
    /// Key ids that were not in the set when it was fetched for them, the oldest first.
    unknown: VecDeque<String>,
}

impl RemoteKeys {
    /// Makes an empty set; [`run`](Self::run) fills it.
    ///
    /// # Errors
    ///
    /// If the provider of cryptography does not work.
    pub fn new(fetch: Arc<dyn Fetch>, clock: Clock) -> Result<Self, KeyError> {
        let set = KeySet::new(Vec::new())?;
        // What does not fit is dropped: the ids that are waiting cause a fetch already.
        let (wanted, wants) = mpsc::channel(8);
        let (flight, wants) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::new(wants));
        let shared = Shared { set, fetch, clock, flight, state: Mutex::default(), wanted, wants };
        let keys = Self(Arc::new(shared));
        // Weak: the set must not keep alive what owns it.
        let shared = Arc::downgrade(&keys.0);
        keys.0.set.on_missed(move |token| {
            if let (Some(shared), Some(kid)) = (shared.upgrade(), jws::kid(token)) {
                let _ = shared.wanted.try_send(kid);
            }
        });
        Ok(keys)
    }

    /// Returns the set, which follows what is fetched.
    #[must_use]
    pub fn set(&self) -> KeySet {
        self.0.set.clone()
    }

    /// Returns how many fetches have ended.
    #[must_use]
    pub fn fetches(&self) -> u64 {
        self.state().fetches
    }

    /// Fetches the keys now, or waits for a fetch that is under way.
    ///
    /// # Errors
    ///
    /// If they cannot be had or used; the set stays as it is.
    pub async fn refresh(&self) -> Result<(), BoxError> {
        let (fetches, good) = self.counts();
        let _flight = self.0.flight.lock().await;
        // Somebody else's fetch ended while this waited.
        let (fetches_now, good_now) = self.counts();
        if good_now > good {
            return Ok(());
        }
        if fetches_now > fetches {
            return Err("the fetch that was under way failed".into());
        }
        self.state().asked_at = Some(self.0.clock.monotonic());
        let fetched = self.0.fetch.get(PATH).await;
        self.state().fetches += 1;
        let keys = Jwks::parse(&fetched?)?;
        if keys.is_empty() {
            return Err("the issuer's key set has no key that can be used".into());
        }
        self.0.set.replace(keys)?;
        let mut state = self.state();
        state.good += 1;
        state.unknown.retain(|kid| !self.has(kid));
        Ok(())
    }

    /// Looks for a key id that is not in the set: fetches unless that was done for it, or for any
    /// other, within the [cool-down](COOL_DOWN). Returns whether the set has it now.
    pub async fn find(&self, kid: &str) -> bool {
        if self.has(kid) {
            return true;
        }
        if !self.may_ask_for(kid) {
            // A fetch that is under way may bring it.
            drop(self.0.flight.lock().await);
            return self.has(kid);
        }
        if let Err(error) = self.refresh().await {
            tracing::warn!(error = &*error, "the issuer's keys cannot be fetched");
            return false;
        }
        let found = self.has(kid);
        if !found {
            let mut state = self.state();
            if state.unknown.len() >= MOST_UNKNOWN {
                state.unknown.pop_front();
            }
            state.unknown.push_back(kid.to_owned());
        }
        found
    }

    /// Keeps the set current, for ever: fetches at once, then every [five minutes](CACHE_AGE), and for unknown
    /// key ids. It can be dropped at any time.
    pub async fn run(&self) {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.refresh().await {
            tracing::warn!(error = &*error, ?pause, "no keys of the issuer yet");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let mut wants = self.0.wants.lock().await;
        loop {
            tokio::select! {
                () = sleep(CACHE_AGE) => {
                    if let Err(error) = self.refresh().await {
                        tracing::warn!(error = &*error, "the issuer's keys cannot be fetched");
                    }
                }
                Some(kid) = wants.recv() => {
                    self.find(&kid).await;
                }
            }
        }
    }

    fn counts(&self) -> (u64, u64) {
        let state = self.state();
        (state.fetches, state.good)
    }

    fn has(&self, kid: &str) -> bool {
        self.0.set.state().find(kid).is_some()
    }

    fn may_ask_for(&self, kid: &str) -> bool {
        let state = self.state();
        let now = self.0.clock.monotonic();
        !state.unknown.iter().any(|unknown| unknown == kid)
            && state.asked_at.is_none_or(|at| now.saturating_sub(at) >= COOL_DOWN)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").field("set", &self.0.set).finish_non_exhaustive()
    }
}
