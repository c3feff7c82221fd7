use std::{collections::HashMap, fmt, pin::pin, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};
use tracing::{info, warn};

use super::{
    RetryPolicy, Route,
    pool::{Lane, Pool, Work},
    window::Window,
};
use crate::engine::{Consumer, Delivery, EngineError, Settlement};

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
    pub(crate) inbox: Option<crate::sql::Inbox>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 8,
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            #[cfg(feature = "sql")]
            inbox: None,
        }
    }
}

/// A bound subscription: events are kept for it, and handled while it runs.
#[must_use = "events are kept, but not handled, until the runner runs"]
pub struct Runner {
    consumer: Box<dyn Consumer>,
    ordered: bool,
    pool: Pool,
    window: Window,
    in_flight: usize,
}

impl Runner {
    pub(crate) fn new(
        subscription: Arc<str>,
        ordered: bool,
        consumer: Box<dyn Consumer>,
        route: Route,
        settings: Settings,
    ) -> Self {
        let window = Window::new(settings.concurrency);
        let pool = Pool::new(Work { subscription, route, settings });
        Self { consumer, ordered, pool, window, in_flight: 0 }
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
        let subscription = self.pool.work().subscription.clone();
        let mut settlements: Vec<Settlement> = Vec::new();
        let (mut draining, mut more) = (false, true);
        let mut failures = 0;
        let renewal = self.consumer.renewal();
        let mut settle_by = Instant::now();
        let mut renew_at = Instant::now() + renewal.unwrap_or_default();
        // Since when there has been enough to do, if there is.
        let mut busy_since = None;
        #[cfg(feature = "sql")]
        self.sweep_inbox();

        loop {
            let none = settlements.is_empty();
            let enough = self.window.size().div_ceil(2);
            self.in_flight = self.pool.take_settled(&mut settlements, enough);
            if none && !settlements.is_empty() {
                settle_by = Instant::now() + LINGER;
            }
            let free = if draining { 0 } else { self.window.size().saturating_sub(self.in_flight) };
            // With less than half of the window free, every handler is busy.
            let claims = more && free * 2 >= self.window.size();
            let settles = !settlements.is_empty()
                && (self.in_flight == 0
                    || settlements.len() >= enough
                    || Instant::now() >= settle_by);
            if settles || claims {
                match self.consumer.exchange(&settlements, free).await {
                    Ok(batch) => {
                        if let Some(since) = busy_since.replace(Instant::now()) {
                            self.window.note(settlements.len(), since.elapsed());
                        }
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
                        warn!(%subscription, ?pause, error = &error as &dyn std::error::Error, "the engine failed");
                        sleep(pause).await;
                        continue;
                    }
                }
            }
            if draining && self.in_flight == 0 && settlements.is_empty() {
                break;
            }
            let free = if draining { 0 } else { self.window.size().saturating_sub(self.in_flight) };
            let claims = more && free * 2 >= self.window.size();
            tokio::select! {
                biased;
                () = &mut shutdown, if !draining => {
                    draining = true;
                    self.pool.drain();
                }
                () = sleep_until(renew_at), if renewal.is_some() && self.in_flight > 0 => {
                    if let Err(error) = self.consumer.renew().await {
                        warn!(%subscription, error = &error as &dyn std::error::Error, "the lease was not renewed");
                    }
                    renew_at = Instant::now() + renewal.unwrap_or_default();
                }
                () = self.pool.settled(), if self.in_flight > 0 => {}
                () = sleep_until(settle_by), if !settlements.is_empty() => {}
                () = tokio::task::yield_now(), if claims => {}
                () = self.consumer.wait(), if free > 0 && !more => {
                    more = true;
                    if self.in_flight == 0 {
                        busy_since = None;
                    }
                }
            }
        }
        info!(%subscription, "drained");
        self.consumer.close().await
    }

    /// Hands a batch to the handlers: each event by itself, or those of one key together.
    fn start(&mut self, batch: Vec<Delivery>) {
        if batch.is_empty() {
            return;
        }
        self.in_flight += batch.len();
        if !self.ordered {
            return self.pool.hand_over(batch.into_iter().map(|delivery| vec![delivery]));
        }
        let mut lanes: Vec<Lane> = Vec::new();
        let mut of_key: HashMap<String, usize> = HashMap::new();
        for delivery in batch {
            let lane = *of_key.entry(delivery.envelope.key.clone()).or_insert(lanes.len());
            match lanes.get_mut(lane) {
                Some(lane) => lane.push(delivery),
                None => lanes.push(vec![delivery]),
            }
        }
        self.pool.hand_over(lanes);
    }

    #[cfg(feature = "sql")]
    fn sweep_inbox(&mut self) {
        if let Some(inbox) = self.pool.work().settings.inbox.clone() {
            self.pool.spawn(async move { inbox.keep_swept().await });
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("subscription", &self.pool.work().subscription)
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
