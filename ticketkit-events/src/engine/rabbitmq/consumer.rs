use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tracing::warn;

use super::{
    Inner,
    acks::Settled,
    lanes::{Held, Lanes, Origin},
    parked::Stored,
    session::{Command, Incoming, Plan, Task},
    stats::Counts,
};
use crate::{
    BoxFuture, EventId, Timestamp,
    engine::{Claim, Consumer, Delivery, EngineError, Outcome, Settlement},
};

/// What is put off for longer gives its place in the window away.
const LONGEST_HOLD: Duration = Duration::from_secs(5);
/// While keys wait behind parked events: in case nobody told that these changed.
const LOOK: Duration = Duration::from_secs(30);
/// The same when the window is full, so that what would tell cannot arrive.
const LOOK_WHEN_FULL: Duration = Duration::from_secs(5);

pub(super) struct RabbitMqConsumer {
    inner: Arc<Inner>,
    plan: Arc<Plan>,
    counts: Arc<Counts>,
    lanes: Lanes,
    session: u64,
    look_at: Option<Instant>,
    task: Option<(mpsc::UnboundedSender<Command>, mpsc::UnboundedReceiver<Incoming>)>,
}

/// An event that leaves its place for another queue.
struct Move {
    claim: Claim,
    held: Held,
    to: To,
}

enum To {
    Wait {
        after: Duration,
        failures: u32,
        error: Option<String>,
    },
    Dead {
        failures: u32,
        error: String,
    },
    /// It was redriven and is done.
    Gone,
}

impl RabbitMqConsumer {
    pub(super) fn new(inner: Arc<Inner>, plan: Plan, counts: Arc<Counts>) -> Self {
        let lanes = Lanes::new(plan.names.ordered);
        let instance = plan.names.instance;
        let plan = Arc::new(plan);
        let mut consumer =
            Self { inner, plan, counts, lanes, session: 0, look_at: None, task: None };
        if instance {
            // Its queue expires while nobody consumes.
            consumer.start();
        }
        consumer
    }

    /// Begins to consume: not before there is somebody who handles.
    fn start(&mut self) {
        if self.task.is_none() {
            self.task = Some(Task::spawn(self.inner.clone(), self.plan.clone()));
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
    fn receive(&mut self) {
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
        self.counts.note(&self.lanes);
    }

    fn apply(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Opened(session) => self.session = session,
            Incoming::Delivered(held) => self.lanes.insert(*held),
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

    /// Publishes an event where it goes next; its present place is given up after.
    async fn carry_out(inner: &Inner, plan: &Plan, step: &Move) -> Result<(), EngineError> {
        let (names, held) = (&plan.names, &step.held);
        let body = || held.envelope.data.clone().into_bytes();
        let place = match held.origin {
            Origin::Parked(place) => Some(place),
            Origin::Delivered(_) => None,
        };
        match &step.to {
            To::Wait { after, failures, error } => {
                let (after, error) = (*after, error.clone());
                inner
                    .send_to_wait(names, &held.properties, body(), after, *failures, error)
                    .await?;
            }
            To::Dead { failures, error } => {
                let (properties, failures) = (&held.properties, *failures);
                inner.send_to_dead(names, properties, body(), place, failures, error).await?;
                if let Some(place) = place {
                    inner.forget_parked(names, place, true).await?;
                }
            }
            To::Gone => {
                if let Some(place) = place {
                    inner.forget_parked(names, place, false).await?;
                }
            }
        }
        Ok(())
    }

    async fn settle(&mut self, settlements: &[Settlement]) -> Result<(), EngineError> {
        let mut done = Vec::with_capacity(settlements.len());
        let mut moves = Vec::new();
        for settlement in settlements {
            moves.extend(self.decide(settlement, &mut done));
        }
        let (inner, plan) = (&*self.inner, &*self.plan);
        let results = join_all(moves.iter().map(|step| Self::carry_out(inner, plan, step))).await;
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

impl Consumer for RabbitMqConsumer {
    fn wait(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                self.receive();
                if self.lanes.has_ready() {
                    return;
                }
                let due = self.lanes.next_due();
                let look_at = self.look_at;
                let clock = self.inner.clock.clone();
                let Some((_, incoming)) = &mut self.task else { return };
                tokio::select! {
                    incoming = incoming.recv() => match incoming {
                        Some(incoming) => self.apply(incoming),
                        // The task is gone, with the runtime.
                        None => std::future::pending().await,
                    },
                    () = clock.sleep_until(due.unwrap_or(Timestamp::EPOCH)), if due.is_some() => {}
                    () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => {
                        self.look_at = None;
                        self.tell(Command::Look);
                    }
                }
            }
        })
    }

    fn exchange<'a>(
        &'a mut self,
        settlements: &'a [Settlement],
        capacity: usize,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, EngineError>> {
        Box::pin(async move {
            self.receive();
            let settled = self.settle(settlements).await;
            let deliveries = if settled.is_ok() { self.lanes.claim(capacity) } else { Vec::new() };
            self.counts.note(&self.lanes);
            settled.map(|()| deliveries)
        })
    }

    // What is delivered stays with the channel: the broker knows when that ends.
    fn renewal(&self) -> Option<Duration> {
        None
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async { Ok(()) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), EngineError>> {
        Box::pin(async move {
            if self.task.is_some() {
                let (reply, closed) = oneshot::channel();
                self.tell(Command::Close(reply));
                // An error is a task that ended before.
                drop(closed.await);
            }
            Ok(())
        })
    }
}
