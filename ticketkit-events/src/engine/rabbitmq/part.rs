//! One queue of a subscription, as its consumer has it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tracing::{debug, warn};

use super::{
    Inner,
    acks::Settled,
    lanes::{Held, Lanes, Origin},
    moves::{Move, To},
    parked::Stored,
    session::{Command, Incoming, Plan, Task},
    stats::Counts,
};
use crate::{
    EventId, Timestamp,
    engine::{Delivery, EngineError, Outcome, Settlement},
};

/// What is put off for longer gives its place in the window away.
const LONGEST_HOLD: Duration = Duration::from_secs(5);
/// While keys wait behind parked events: in case nobody told that these changed.
const LOOK: Duration = Duration::from_secs(30);
/// The same when the window is full, so that what would tell cannot arrive.
const LOOK_WHEN_FULL: Duration = Duration::from_secs(5);
/// A queue is not given away more often.
const YIELD: Duration = Duration::from_secs(2);

/// What is held of one queue, and the task that talks to the broker about it.
pub(super) struct Part {
    inner: Arc<Inner>,
    plan: Arc<Plan>,
    counts: Arc<Counts>,
    lanes: Lanes,
    session: u64,
    /// Whether something was delivered in this session: of an ordered subscription, this is the
    /// active consumer.
    active: bool,
    yielding: Yielding,
    yielded_at: Option<Instant>,
    look_at: Option<Instant>,
    task: Option<(mpsc::UnboundedSender<Command>, mpsc::UnboundedReceiver<Incoming>)>,
}

/// Whether the queue is being left to another instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Yielding {
    No,
    /// As soon as nothing of it is being handled.
    Soon,
    /// The task was told.
    Told,
}

impl Part {
    pub(super) fn new(inner: Arc<Inner>, plan: Plan, counts: Arc<Counts>) -> Self {
        Self {
            lanes: Lanes::new(plan.names.ordered, plan.names.partition),
            inner,
            plan: Arc::new(plan),
            counts,
            session: 0,
            active: false,
            yielding: Yielding::No,
            yielded_at: None,
            look_at: None,
            task: None,
        }
    }

    /// Begins to consume: not before there is somebody who handles.
    pub(super) fn start(&mut self) {
        if self.task.is_none() {
            let (inner, plan) = (self.inner.clone(), self.plan.clone());
            self.task = Some(Task::spawn(inner, plan, self.counts.arrived.clone()));
        }
    }

    fn tell(&self, command: Command) {
        if let Some((commands, _)) = &self.task {
            // The task ends after this does.
            let _ = commands.send(command);
        }
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Takes in what has arrived.
    pub(super) fn receive(&mut self, should_yield: bool) {
        self.start();
        while let Some(incoming) =
            self.task.as_mut().and_then(|(_, incoming)| incoming.try_recv().ok())
        {
            self.apply(incoming);
        }
        self.lanes.wake(self.now());
        if !self.lanes.is_blocked() {
            self.look_at = None;
        } else if self.look_at.is_none() {
            let full = self.lanes.len() >= usize::from(self.plan.prefetch);
            let after = if full { LOOK_WHEN_FULL } else { LOOK };
            if full {
                warn!(
                    subscription = self.plan.names.subscription,
                    held = self.lanes.len(),
                    "stands still: all that is held waits behind parked events"
                );
            }
            self.look_at = Some(Instant::now() + after);
        }
        self.yield_if(should_yield);
        self.counts.note(&self.lanes);
    }

    /// Leaves the queue to another instance, once nothing of it is being handled.
    fn yield_if(&mut self, should: bool) {
        let rested = self.yielded_at.is_none_or(|at| at.elapsed() > YIELD);
        if should && self.active && self.yielding == Yielding::No && rested {
            self.yielding = Yielding::Soon;
        }
        if self.yielding == Yielding::Soon && self.lanes.in_flight() == 0 {
            debug!(queue = self.plan.names.queue, "left to another instance");
            self.yielding = Yielding::Told;
            self.yielded_at = Some(Instant::now());
            self.tell(Command::Renew);
        }
    }

    /// Takes in the next thing that arrives.
    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some((_, incoming)) = &mut self.task else { return Poll::Pending };
        match incoming.poll_recv(cx) {
            Poll::Ready(Some(incoming)) => {
                self.apply(incoming);
                Poll::Ready(())
            }
            // The task is gone, with the runtime.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    pub(super) fn has_ready(&self) -> bool {
        self.yielding == Yielding::No && self.lanes.has_ready()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.lanes.next_due()
    }

    /// Returns when the parked events should be looked at again.
    pub(super) fn look_at(&self) -> Option<Instant> {
        self.look_at
    }

    pub(super) fn look_if_due(&mut self) {
        if self.look_at.is_some_and(|at| at <= Instant::now()) {
            self.look_at = None;
            self.tell(Command::Look);
        }
    }

    pub(super) fn claim(&mut self, capacity: usize) -> Vec<Delivery> {
        let capacity = if self.yielding == Yielding::No { capacity } else { 0 };
        let deliveries = self.lanes.claim(capacity);
        self.counts.note(&self.lanes);
        deliveries
    }

    pub(super) async fn close(self) {
        if self.task.is_some() {
            let (reply, closed) = oneshot::channel();
            self.tell(Command::Close(reply));
            // An error is a task that ended before.
            drop(closed.await);
        }
    }

    fn apply(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Opened(session) => {
                self.session = session;
                (self.active, self.yielding) = (false, Yielding::No);
            }
            Incoming::Delivered(held) => {
                self.counts.arrived.fetch_sub(held.len() as u64, Ordering::Relaxed);
                self.active = true;
                held.into_iter().for_each(|held| self.lanes.insert(held));
            }
            Incoming::Stored { epoch, stored } => {
                if epoch == self.plan.epoch.load(Ordering::Acquire) {
                    self.take_stored(stored);
                } else {
                    self.tell(Command::Look);
                }
            }
            Incoming::Lost => self.lanes.lose(),
        }
    }

    /// Takes over what is parked, and what of it was redriven.
    fn take_stored(&mut self, stored: Vec<Stored>) {
        let mut parked: HashMap<String, HashSet<EventId>> = HashMap::new();
        for stored in stored {
            if stored.queue(&self.plan.names) != self.plan.names.queue {
                // Of a queue that another part, or another instance, sees to.
                continue;
            }
            let place = stored.place();
            let envelope = stored.received.event_or_remains();
            if !stored.is_redriven() {
                parked.entry(envelope.key).or_default().insert(envelope.id);
                continue;
            }
            self.lanes.insert(Held {
                envelope: envelope.into(),
                properties: stored.received.properties,
                origin: Origin::Parked(place),
                failures: 0,
                crashes: 0,
            });
        }
        self.lanes.park(&parked);
        self.look_at = None;
    }

    /// Returns what has to be published elsewhere before the claim is over, if
    /// anything; else settles it.
    fn decide(&mut self, settlement: &Settlement, done: &mut Vec<(u64, Settled)>) -> Option<Move> {
        let claim = settlement.claim;
        let Some(held) = self.lanes.claimed(claim) else {
            self.lanes.remove(claim);
            return None;
        };
        // In order, and for an instance, what waits is held here.
        let here = self.plan.names.ordered || self.plan.names.instance;
        let room = self.lanes.waiting() < usize::from(self.plan.prefetch) / 2;
        let failures = held.failures + 1;
        let to = match &settlement.outcome {
            Outcome::Ack => match held.origin {
                Origin::Delivered(tag) => {
                    done.push((tag, Settled::Ack));
                    self.lanes.remove(claim);
                    return None;
                }
                Origin::Parked(_) => To::Gone,
            },
            Outcome::Release => {
                self.lanes.take_back(claim, None, false);
                return None;
            }
            Outcome::Retry { after, .. } if here => {
                self.lanes.take_back(claim, Some(self.now() + *after), true);
                return None;
            }
            Outcome::Defer { after } if here || (*after <= LONGEST_HOLD && room) => {
                self.lanes.take_back(claim, Some(self.now() + *after), false);
                return None;
            }
            Outcome::Retry { after, error } => {
                To::Wait { after: *after, failures, error: Some(error.clone()) }
            }
            Outcome::Defer { after } => {
                To::Wait { after: *after, failures: held.failures, error: None }
            }
            Outcome::Park { error } => To::Dead { failures, error: error.clone() },
        };
        Some(Move { claim, held: held.clone(), to })
    }

    pub(super) async fn settle(
        &mut self,
        settlements: impl Iterator<Item = &Settlement>,
    ) -> Result<(), EngineError> {
        let mut done = Vec::new();
        let mut moves = Vec::new();
        for settlement in settlements {
            moves.extend(self.decide(settlement, &mut done));
        }
        let (inner, plan) = (&*self.inner, &*self.plan);
        let results = join_all(moves.iter().map(|step| step.carry_out(inner, &plan.names))).await;
        let mut failed = None;
        for (step, result) in moves.into_iter().zip(results) {
            if let Err(error) = result {
                failed = Some(error);
                continue;
            }
            // What was looked up before is out of date.
            self.plan.epoch.fetch_add(1, Ordering::AcqRel);
            if let (To::Dead { .. }, true) = (&step.to, self.plan.names.ordered) {
                self.lanes.block(&step.held.envelope.key, step.held.envelope.id);
            }
            if let Origin::Delivered(tag) = step.held.origin {
                done.push((tag, Settled::Ack));
            }
            self.lanes.remove(step.claim);
        }
        if !done.is_empty() {
            self.tell(Command::Settle { session: self.session, settled: done });
        }
        failed.map_or(Ok(()), Err)
    }
}
