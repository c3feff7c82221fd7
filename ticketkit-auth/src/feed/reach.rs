use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use ticketkit_events::{
    Bus, Event, HandlerError, State, Subscription, engine::EngineError, subscription::Runner,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// How often an instance says that it is there.
pub(super) const PRESENT_EVERY: Duration = Duration::from_secs(10);

/// After how long an instance that says nothing is taken for gone.
const GONE_AFTER: Duration = Duration::from_secs(25);

/// How many instances are remembered: whoever can write to the broker can invent some.
const MOST: usize = 10_000;

/// An instance tells up to which revocation it refuses: at its start, every ten seconds, and where
/// somebody waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "auth.view_reported", version = 1, constant_key = "views")]
#[serde(rename_all = "camelCase")]
pub struct ViewReported {
    /// The id of the instance, another one at each start.
    pub instance: String,
    /// The name of the service.
    pub service: String,
    /// Every revocation up to this one is effective.
    pub position: i64,
}

/// In how many instances a revocation is effective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// In so many.
    pub instances: usize,
    /// Of so many that are there.
    pub of: usize,
    /// Milliseconds until the last of them had it.
    pub millis: u64,
}

/// Knows the instances that follow an issuer, and how far they are. Cheap to clone.
///
/// What it knows is for people: reports are not signed, and nothing is decided by them.
#[derive(Clone)]
pub struct Instances(Arc<Shared>);

struct Shared {
    known: Mutex<HashMap<String, Instance>>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Instance {
    seen_at: Instant,
    position: i64,
    /// When it came to that position.
    reached_at: Instant,
}

impl Instances {
    /// Declares the subscription that reports come by; the runner has to run.
    ///
    /// # Errors
    ///
    /// If the engine has no fan-out, or cannot be reached.
    pub async fn bind(service: &str, bus: &Bus) -> Result<(Self, Runner), EngineError> {
        let known = Mutex::default();
        let instances = Self(Arc::new(Shared { known, changes: watch::Sender::new(0) }));
        let runner = Subscription::fan_out(format!("{service}-views"))
            .with_state(instances.clone())
            .handle(on_report)
            .concurrency(1)
            .bind(bus)
            .await?;
        Ok((instances, runner))
    }

    /// Waits until a revocation that was committed at `since` is effective in every instance that is
    /// there, for so long at most. It can be dropped at any time.
    pub async fn reach(&self, position: i64, since: Instant, longest: Duration) -> Reach {
        let mut changes = self.0.changes.subscribe();
        let deadline = since + longest;
        loop {
            changes.mark_unchanged();
            let reach = self.count(position, since);
            let is_everywhere = reach.of > 0 && reach.instances == reach.of;
            if is_everywhere || timeout_at(deadline, changes.changed()).await.is_err() {
                return reach;
            }
        }
    }

    fn count(&self, position: i64, since: Instant) -> Reach {
        let mut known = self.known();
        known.retain(|_, instance| instance.seen_at.elapsed() < GONE_AFTER);
        let reached: Vec<_> = known.values().filter(|i| i.position >= position).collect();
        let last = reached.iter().map(|i| i.reached_at.saturating_duration_since(since)).max();
        let millis = last.unwrap_or_default().as_millis();
        Reach {
            instances: reached.len(),
            of: known.len(),
            millis: u64::try_from(millis).unwrap_or(u64::MAX),
        }
    }

    fn note(&self, report: ViewReported) {
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&report.instance) {
            return;
        }
        let now = Instant::now();
        let instance = known.entry(report.instance).or_insert(Instance {
            seen_at: now,
            position: i64::MIN,
            reached_at: now,
        });
        instance.seen_at = now;
        if report.position > instance.position {
            instance.position = report.position;
            instance.reached_at = now;
        }
        drop(known);
        self.0.changes.send_modify(|count| *count += 1);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Instance>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn on_report(
    report: ViewReported,
    State(instances): State<Instances>,
) -> Result<(), HandlerError> {
    instances.note(report);
    Ok(())
}

impl fmt::Debug for Instances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instances").field("known", &self.known().len()).finish()
    }
}
