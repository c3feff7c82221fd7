//! The suite that every engine passes.
//!
//! Who writes an engine gives the suite a [`Fixture`] and runs it in a test:
//!
//! ```
//! use ticketkit_events::{Bus, Clock, BoxFuture, conformance, engine::memory::MemoryEngine};
//!
//! struct Memory(MemoryEngine);
//!
//! impl conformance::Fixture for Memory {
//!     fn open(&self) -> BoxFuture<'_, Bus> {
//!         Box::pin(async { Bus::new(self.0.clone()) })
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let report = conformance::run(|| Memory(MemoryEngine::new(Clock::system()))).await;
//! println!("{report}");
//! assert!(report.passed());
//! # }
//! ```
//!
//! Each case gets an engine of its own. What an engine cannot do, by its
//! capabilities, is skipped and named in the [`Report`].

mod delivery;
mod failure;
mod load;
mod order;
mod replay;
mod restart;
mod support;
mod versions;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task::JoinSet};

use crate::{BoxFuture, Bus, engine::Capabilities};

/// One engine with a place of its own for its events.
pub trait Fixture: Send + Sync + 'static {
    /// Opens the engine. Opened again, a durable engine has the same events.
    fn open(&self) -> BoxFuture<'_, Bus>;

    /// Returns how soon what a dead process held has to come back; 4 s by default.
    fn recovery(&self) -> Duration {
        Duration::from_secs(4)
    }
}

type Run = for<'a> fn(&'a dyn Fixture) -> BoxFuture<'a, ()>;

struct Case {
    name: &'static str,
    needs: Need,
    run: Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    Order,
    FanOut,
    Durable,
    Replay,
}

impl Need {
    fn is_met(self, can: Capabilities) -> bool {
        match self {
            Self::Nothing => true,
            Self::Order => can.ordered_keys,
            Self::FanOut => can.fan_out,
            Self::Durable => can.durable,
            Self::Replay => can.replay,
        }
    }
}

impl Need {
    /// Names the capability, as messages do.
    fn text(self) -> &'static str {
        match self {
            Self::Nothing => "lack at all",
            Self::Order => "order per key",
            Self::FanOut => "fan-out per instance",
            Self::Durable => "memory over a restart",
            Self::Replay => "replay of earlier events",
        }
    }
}

macro_rules! cases {
    ($($module:ident::$name:ident $need:ident),* $(,)?) => {
        &[$(Case {
            name: concat!(stringify!($module), "::", stringify!($name)),
            needs: Need::$need,
            run: |fixture| Box::pin($module::$name(fixture)),
        }),*]
    };
}

const CASES: &[Case] = cases![
    delivery::one_event_reaches_its_handler Nothing,
    delivery::every_subscription_gets_every_event Nothing,
    delivery::consumers_of_a_subscription_share_its_events Nothing,
    delivery::other_types_are_left_out Nothing,
    delivery::bodies_arrive_as_they_were Nothing,
    delivery::every_instance_gets_every_event FanOut,
    delivery::an_instance_vanishes_with_its_runner FanOut,
    failure::a_failed_event_is_sent_again Nothing,
    failure::a_retry_is_not_early Nothing,
    failure::not_now_is_not_counted Nothing,
    failure::panics_and_timeouts_are_failures Nothing,
    failure::the_last_failure_parks Nothing,
    failure::poison_does_not_block_others Nothing,
    failure::what_does_not_decode_is_parked Nothing,
    failure::a_redriven_event_keeps_its_id Nothing,
    failure::a_discarded_event_is_gone Nothing,
    load::many_publish_and_many_handle_at_once Nothing,
    load::one_subscription_takes_many_types Nothing,
    load::work_goes_on_after_many_errors Nothing,
    load::consumers_that_stop_together_lose_nothing Nothing,
    load::a_stop_waits_for_the_handler Nothing,
    versions::an_older_version_is_upcast Nothing,
    versions::a_newer_version_is_parked Nothing,
    order::a_burst_keeps_the_order_of_each_key Order,
    order::errors_keep_the_order_of_each_key Order,
    order::four_relays_errors_and_new_connections_keep_the_order Order,
    order::later_events_of_a_key_wait_for_a_parked_one Order,
    replay::a_new_subscription_begins_with_what_comes Nothing,
    replay::old_messages_for_a_new_subscriber Replay,
    replay::what_was_published_since_a_time Replay,
    replay::a_new_instance_gets_old_messages_each_time Replay,
    restart::a_dropped_runner_acknowledges_nothing Nothing,
    restart::a_closed_subscription_goes_on_where_it_was Nothing,
    restart::a_new_process_goes_on_where_the_old_one_was Durable,
    restart::what_a_dead_process_held_comes_back_soon Durable,
    restart::a_type_without_a_handler_is_parked Nothing,
];

/// What became of each case.
#[derive(Debug, Default)]
pub struct Report {
    engine: String,
    results: Vec<(&'static str, Verdict)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed(String),
    Skipped(Need),
}

impl Report {
    /// Returns whether no case has failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.results.iter().any(|(_, verdict)| matches!(verdict, Verdict::Failed(_)))
    }

    /// Returns how many cases were run.
    #[must_use]
    pub fn count(&self) -> usize {
        self.results.iter().filter(|(_, v)| !matches!(v, Verdict::Skipped(_))).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "conformance of the engine {}:", self.engine)?;
        for (name, verdict) in &self.results {
            match verdict {
                Verdict::Passed => writeln!(f, "  passed   {name}")?,
                Verdict::Failed(why) => writeln!(f, "  FAILED   {name}: {why}")?,
                Verdict::Skipped(need) => {
                    writeln!(f, "  skipped  {name}: the engine has no {}", need.text())?;
                }
            }
        }
        let failed = self.results.iter().filter(|(_, v)| matches!(v, Verdict::Failed(_))).count();
        let skipped = self.results.len() - self.count();
        writeln!(f, "  {} passed, {failed} failed, {skipped} skipped", self.count() - failed)
    }
}

/// How many cases run at the same time: a server gives connections to all of them, and a case that
/// waits for the disk behind thirty others measures the disk.
const AT_ONCE: usize = 8;

/// Runs every case on an engine of its own, a few at the same time.
pub async fn run<F: Fixture>(make: impl Fn() -> F) -> Report {
    let mut report = Report::default();
    let mut tasks = JoinSet::new();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    for (index, case) in CASES.iter().enumerate() {
        let (fixture, permits) = (make(), permits.clone());
        tasks.spawn(async move {
            // Nobody closes it; without a permit the case would only run with more others.
            let _permit = permits.acquire().await.ok();
            let bus = fixture.open().await;
            let name = bus.engine().name();
            if !case.needs.is_met(bus.engine().capabilities()) {
                return (index, name, Verdict::Skipped(case.needs));
            }
            drop(bus);
            let run = tokio::spawn(async move { (case.run)(&fixture).await });
            let verdict = match run.await {
                Ok(()) => Verdict::Passed,
                Err(error) => Verdict::Failed(text(error)),
            };
            (index, name, verdict)
        });
    }
    let mut results = tasks.join_all().await;
    results.sort_by_key(|(index, ..)| *index);
    for (index, engine, verdict) in results {
        report.engine = engine.to_owned();
        report.results.push((CASES[index].name, verdict));
    }
    report
}

fn text(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()))
            .unwrap_or_else(|| "a panic without a text".to_owned()),
        Err(error) => error.to_string(),
    }
}
