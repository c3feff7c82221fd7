//! The handlers of a runner at work.
//!
//! Workers take what is claimed from one queue: whichever is free takes the next. An event costs no
//! task and no wake-up of its own, which with quick handlers is most of what it costs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, task::JoinSet};

use super::{Route, process::process, runner::Settings};
use crate::engine::{Delivery, Outcome, Settlement};

/// Events that are handled one after another: one, or those of one key.
pub(super) type Lane = Vec<Delivery>;

/// What handles the events of one subscription.
pub(super) struct Work {
    pub(super) subscription: Arc<str>,
    pub(super) route: Route,
    pub(super) settings: Settings,
}

/// Workers, up to as many as may handle at the same time; they end with it.
pub(super) struct Pool {
    shared: Arc<Shared>,
    workers: usize,
    tasks: JoinSet<()>,
}

struct Shared {
    work: Work,
    state: Mutex<State>,
    /// There is something to handle.
    more: Notify,
    /// There is something to settle.
    settled: Notify,
}

#[derive(Default)]
struct State {
    lanes: VecDeque<Lane>,
    settled: Vec<Settlement>,
    /// Neither handled nor given back yet.
    in_flight: usize,
    /// So many settlements are worth a wake-up.
    enough: usize,
    idle: usize,
    draining: bool,
}

impl Pool {
    pub(super) fn new(work: Work) -> Self {
        let (state, more, settled) = (Mutex::default(), Notify::new(), Notify::new());
        let shared = Arc::new(Shared { work, state, more, settled });
        Self { shared, workers: 0, tasks: JoinSet::new() }
    }

    pub(super) fn work(&self) -> &Work {
        &self.shared.work
    }

    /// Takes over what was claimed.
    pub(super) fn hand_over(&mut self, lanes: impl IntoIterator<Item = Lane>) {
        let mut state = self.shared.state();
        for lane in lanes {
            state.in_flight += lane.len();
            state.lanes.push_back(lane);
        }
        let wanted = state.lanes.len().saturating_sub(state.idle);
        drop(state);
        let room = self.shared.work.settings.concurrency.saturating_sub(self.workers);
        for _ in 0..wanted.min(room) {
            self.workers += 1;
            self.tasks.spawn(work(self.shared.clone()));
        }
        self.shared.more.notify_one();
    }

    /// Moves what is handled to `settlements`; returns how much is still in flight.
    ///
    /// From here on, [`settled`](Self::settled) tells of the first that follows, of the last, and
    /// when there are `enough`.
    pub(super) fn take_settled(&self, settlements: &mut Vec<Settlement>, enough: usize) -> usize {
        let mut state = self.shared.state();
        settlements.append(&mut state.settled);
        state.enough = enough.saturating_sub(settlements.len()).max(1);
        state.in_flight
    }

    /// Waits for something to settle; may return early.
    pub(super) async fn settled(&self) {
        self.shared.settled.notified().await;
    }

    /// Gives back what no handler has begun with.
    pub(super) fn drain(&self) {
        let mut guard = self.shared.state();
        let state = &mut *guard;
        state.draining = true;
        for delivery in state.lanes.drain(..).flatten() {
            state.in_flight -= 1;
            let outcome = Outcome::Release;
            state.settled.push(Settlement { claim: delivery.claim, outcome });
        }
    }

    /// Runs a task beside the workers, that ends with them.
    #[cfg(feature = "sql")]
    pub(super) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next(&self) -> Lane {
        loop {
            {
                let mut state = self.state();
                if let Some(lane) = state.lanes.pop_front() {
                    let others = !state.lanes.is_empty() && state.idle > 0;
                    drop(state);
                    if others {
                        // One wakes the next: where handlers are quick, few are needed.
                        self.more.notify_one();
                    }
                    return lane;
                }
                state.idle += 1;
            }
            let _idle = Idle(self);
            self.more.notified().await;
        }
    }

    fn is_draining(&self) -> bool {
        self.state().draining
    }

    fn settle(&self, settlement: Settlement) {
        let mut state = self.state();
        state.settled.push(settlement);
        state.in_flight -= 1;
        let count = state.settled.len();
        if count == 1 || count == state.enough || state.in_flight == 0 {
            drop(state);
            self.settled.notify_one();
        }
    }
}

struct Idle<'a>(&'a Shared);

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.state().idle -= 1;
    }
}

/// Handles one lane after another. After an event that is not done, the rest of its lane is given
/// back untried, since it comes later in the order of the key.
async fn work(shared: Arc<Shared>) {
    let Work { subscription, route, settings } = &shared.work;
    loop {
        let mut blocked = false;
        for delivery in shared.next().await {
            let outcome = if blocked || shared.is_draining() {
                Outcome::Release
            } else {
                process(subscription, route, settings, &delivery).await
            };
            blocked |= !matches!(outcome, Outcome::Ack);
            shared.settle(Settlement { claim: delivery.claim, outcome });
            // A handler that never waits must not keep others from this thread.
            tokio::task::coop::consume_budget().await;
        }
    }
}
