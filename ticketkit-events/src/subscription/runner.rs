use std::{
    collections::HashMap,
    fmt,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tracing::{info, warn};

use super::{RetryPolicy, Route, process::process};
use crate::engine::{Consumer, Delivery, EngineError, Outcome, Settlement};

/// Claimed events that wait for a free handler, so that none idles meanwhile: as
/// many again as there are handlers.
const PREFETCH: usize = 2;
/// How long a settlement may wait for others to share its transaction while
/// handlers are busy.
const LINGER: Duration = Duration::from_millis(3);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a runner that shuts down tries to settle at an engine that fails.
const LAST_TRIES: u32 = 3;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) concurrency: usize,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    #[cfg(feature = "sql")]
    pub(crate) database: Option<crate::sql::Database>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 8,
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            #[cfg(feature = "sql")]
            database: None,
        }
    }
}

/// A bound subscription: events are kept for it, and handled while it runs.
#[must_use = "events are kept, but not handled, until the runner runs"]
pub struct Runner {
    consumer: Box<dyn Consumer>,
    work: Arc<Work>,
    tasks: JoinSet<()>,
    done: mpsc::UnboundedSender<Settlement>,
    settled: mpsc::UnboundedReceiver<Settlement>,
    in_flight: usize,
}

struct Work {
    subscription: Arc<str>,
    ordered: bool,
    route: Route,
    settings: Settings,
    permits: Semaphore,
    draining: AtomicBool,
}

impl Runner {
    pub(crate) fn new(
        subscription: Arc<str>,
        ordered: bool,
        consumer: Box<dyn Consumer>,
        route: Route,
        settings: Settings,
    ) -> Self {
        let (done, settled) = mpsc::unbounded_channel();
        let permits = Semaphore::new(settings.concurrency.min(Semaphore::MAX_PERMITS));
        let draining = AtomicBool::new(false);
        let work = Work { subscription, ordered, route, settings, permits, draining };
        let (work, tasks) = (Arc::new(work), JoinSet::new());
        Self { consumer, work, tasks, done, settled, in_flight: 0 }
    }

    /// Handles events until `shutdown`, then finishes and settles what is in flight.
    ///
    /// An engine that fails is tried again for ever, with pauses. If this future
    /// is dropped, handlers in flight are dropped too, and their events are
    /// delivered again after the lease.
    ///
    /// # Errors
    ///
    /// If the engine fails while the last events are settled after `shutdown`.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<(), EngineError> {
        let mut shutdown = pin!(shutdown);
        let window = self.work.settings.concurrency.saturating_mul(PREFETCH);
        let mut settlements: Vec<Settlement> = Vec::new();
        let (mut draining, mut more) = (false, true);
        let mut failures = 0;
        let renewal = self.consumer.renewal();
        let mut settle_by = Instant::now();
        let mut renew_at = Instant::now() + renewal.unwrap_or_default();
        #[cfg(feature = "sql")]
        self.sweep_inbox();

        loop {
            while let Ok(settlement) = self.settled.try_recv() {
                settlements.push(settlement);
                self.in_flight -= 1;
            }
            let free = if draining { 0 } else { window.saturating_sub(self.in_flight) };
            // With less than half of the window free, every handler is busy.
            let claims = more && free * 2 >= window;
            let settles = !settlements.is_empty()
                && (self.in_flight == 0
                    || settlements.len() * 2 >= window
                    || Instant::now() >= settle_by);
            if settles || claims {
                match self.consumer.exchange(&settlements, free).await {
                    Ok(batch) => {
                        settlements.clear();
                        failures = 0;
                        more = !batch.is_empty();
                        if self.in_flight == 0 {
                            renew_at = Instant::now() + renewal.unwrap_or_default();
                        }
                        self.start(batch);
                    }
                    Err(error) => {
                        failures += 1;
                        if draining && failures >= LAST_TRIES {
                            return Err(error);
                        }
                        let pause = Duration::from_millis(50 << failures.min(7)).min(LONGEST_PAUSE);
                        warn!(subscription = %self.work.subscription, ?pause, error = &error as &dyn std::error::Error, "the engine failed");
                        sleep(pause).await;
                        continue;
                    }
                }
            }
            if draining && self.in_flight == 0 && settlements.is_empty() {
                break;
            }
            let free = if draining { 0 } else { window.saturating_sub(self.in_flight) };
            let claims = more && free * 2 >= window;
            if settlements.is_empty() {
                settle_by = Instant::now() + LINGER;
            }
            tokio::select! {
                biased;
                () = &mut shutdown, if !draining => {
                    draining = true;
                    self.work.draining.store(true, Ordering::Release);
                }
                () = sleep_until(renew_at), if renewal.is_some() && self.in_flight > 0 => {
                    if let Err(error) = self.consumer.renew().await {
                        warn!(subscription = %self.work.subscription, error = &error as &dyn std::error::Error, "the lease was not renewed");
                    }
                    renew_at = Instant::now() + renewal.unwrap_or_default();
                }
                Some(settlement) = self.settled.recv(), if self.in_flight > 0 => {
                    settlements.push(settlement);
                    self.in_flight -= 1;
                }
                () = sleep_until(settle_by), if !settlements.is_empty() => {}
                () = tokio::task::yield_now(), if claims => {}
                () = self.consumer.wait(), if free > 0 && !more => more = true,
            }
        }
        info!(subscription = %self.work.subscription, "drained");
        self.consumer.close().await
    }

    /// Hands a batch to tasks: one for each event, or one for each key.
    fn start(&mut self, batch: Vec<Delivery>) {
        self.in_flight += batch.len();
        while self.tasks.try_join_next().is_some() {}
        let mut lanes: HashMap<String, Vec<Delivery>> = HashMap::new();
        for delivery in batch {
            if self.work.ordered {
                lanes.entry(delivery.envelope.key.clone()).or_default().push(delivery);
            } else {
                self.tasks.spawn(lane(self.work.clone(), vec![delivery], self.done.clone()));
            }
        }
        for deliveries in lanes.into_values() {
            self.tasks.spawn(lane(self.work.clone(), deliveries, self.done.clone()));
        }
    }

    #[cfg(feature = "sql")]
    fn sweep_inbox(&mut self) {
        if let Some(database) = self.work.settings.database.clone() {
            let subscription = self.work.subscription.clone();
            self.tasks.spawn(async move { database.keep_inbox_swept(&subscription).await });
        }
    }
}

/// Handles events one after another; after one that is not done, the rest of its
/// lane is given back untried, since it comes later in the order of the key.
async fn lane(work: Arc<Work>, deliveries: Vec<Delivery>, done: mpsc::UnboundedSender<Settlement>) {
    let mut blocked = false;
    for delivery in deliveries {
        let outcome = match work.permits.acquire().await {
            Ok(_permit) if !blocked && !work.draining.load(Ordering::Acquire) => {
                process(&work.subscription, &work.route, &work.settings, &delivery).await
            }
            _ => Outcome::Release,
        };
        blocked |= !matches!(outcome, Outcome::Ack);
        // Nobody listens any more when the runner was dropped.
        let _ = done.send(Settlement { claim: delivery.claim, outcome });
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("subscription", &self.work.subscription)
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
