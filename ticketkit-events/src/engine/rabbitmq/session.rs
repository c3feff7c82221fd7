//! One consumer at the broker: a task that keeps it up.
//!
//! The task owns the channel. It hands deliveries over, gathers settlements, and
//! when the channel or the connection ends it builds all of it again: connection,
//! channel, topology, prefetch, consumer.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, stream::FuturesOrdered};
use lapin::{
    Channel,
    message::Delivery,
    options::{BasicAckOptions, BasicNackOptions, QueueDeleteOptions},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};
use tracing::{info, warn};

use super::{
    Inner,
    acks::{Acks, Frame, Settled},
    error::failed,
    lanes::{Held, Origin},
    link::backoff,
    message::{self, Received},
    names::Names,
    pace::Deliveries,
    parked::{Look, Stored},
};
use crate::{BoxFuture, engine::EngineError, handler::describe};

/// Settlements wait for others this long or until there are this many.
const LINGER: Duration = Duration::from_millis(2);
const GATHERED: usize = 64;
/// Deliveries that are handed over at once, at most.
const TOGETHER: usize = 256;

/// What the task tells.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Deliveries from here on belong to this session, counted from 1.
    Opened(u64),
    /// Some that arrived together.
    Delivered(Vec<Held>),
    /// The parked events of an ordered subscription, as they were at `epoch`.
    Stored { epoch: u64, stored: Vec<Stored> },
    /// The session is over: the broker delivers all that was not settled again.
    Lost,
}

/// What the task is told.
#[derive(Debug)]
pub(super) enum Command {
    Settle {
        session: u64,
        settled: Vec<(u64, Settled)>,
    },
    /// Look at the parked events.
    Look,
    /// Give back what is not settled, and consume again, behind other instances.
    Renew,
    Close(oneshot::Sender<()>),
}

/// What a consumer is.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) names: Names,
    pub(super) types: Vec<String>,
    pub(super) prefetch: u16,
    /// Rises when this consumer has changed the parked events.
    pub(super) epoch: AtomicU64,
}

pub(super) struct Task {
    inner: Arc<Inner>,
    plan: Arc<Plan>,
    incoming: mpsc::UnboundedSender<Incoming>,
    commands: mpsc::UnboundedReceiver<Command>,
    /// How much was told and not taken in yet.
    arrived: Arc<AtomicU64>,
    number: u64,
}

struct Session {
    channel: Channel,
    deliveries: Deliveries,
    acks: Acks,
    /// What is being said, in its order.
    sending: FuturesOrdered<BoxFuture<'static, Result<(), String>>>,
    flush_at: Option<Instant>,
    /// Whether the parked events of an ordered subscription have been looked at.
    looked: bool,
}

/// How a session ended.
enum End {
    Lost(String),
    Renewed,
    Closed(Option<oneshot::Sender<()>>),
}

impl Task {
    pub(super) fn spawn(
        inner: Arc<Inner>,
        plan: Arc<Plan>,
        arrived: Arc<AtomicU64>,
    ) -> (mpsc::UnboundedSender<Command>, mpsc::UnboundedReceiver<Incoming>) {
        let (sender, commands) = mpsc::unbounded_channel();
        let (incoming, receiver) = mpsc::unbounded_channel();
        tokio::spawn(Self { inner, plan, incoming, commands, arrived, number: 0 }.run());
        (sender, receiver)
    }

    fn tell(&self, incoming: Incoming) {
        // Nobody listens any more when the consumer was dropped.
        let _ = self.incoming.send(incoming);
    }

    async fn run(mut self) {
        let subscription = self.plan.names.subscription.clone();
        let mut attempt = 0;
        loop {
            let session = tokio::select! {
                session = open(&self.inner, &self.plan) => session,
                reply = closed(&mut self.commands) => return self.closed(reply).await,
            };
            let reason = match session {
                Ok(session) => {
                    if attempt > 0 {
                        info!(subscription, "consumes again");
                    }
                    (self.number, attempt) = (self.number + 1, 0);
                    self.tell(Incoming::Opened(self.number));
                    let end = self.serve(session).await;
                    self.tell(Incoming::Lost);
                    match end {
                        End::Closed(reply) => return self.closed(reply).await,
                        End::Lost(reason) => {
                            attempt = 1;
                            reason
                        }
                        End::Renewed => continue,
                    }
                }
                Err(error) => {
                    attempt += 1;
                    describe(&error)
                }
            };
            warn!(subscription, attempt, reason, "the consumer is lost");
            tokio::select! {
                () = sleep(backoff(attempt)) => {}
                reply = closed(&mut self.commands) => return self.closed(reply).await,
            }
        }
    }

    async fn serve(&mut self, mut session: Session) -> End {
        let mut flush = pin!(sleep(Duration::ZERO));
        let end = loop {
            if let Some(at) = session.flush_at.filter(|at| *at != flush.deadline()) {
                flush.as_mut().reset(at);
            }
            let step = tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Settle { session: number, settled }) => {
                        if number == self.number {
                            let count = settled.len();
                            session.settle(settled);
                            session.flush_if(GATHERED);
                            session.pace(count).await
                        } else {
                            Ok(())
                        }
                    }
                    Some(Command::Look) => self.look().await.map_err(|error| describe(&error)),
                    Some(Command::Renew) => break End::Renewed,
                    Some(Command::Close(reply)) => break End::Closed(Some(reply)),
                    None => break End::Closed(None),
                },
                () = &mut flush, if session.flush_at.is_some() => {
                    session.flush_if(0);
                    Ok(())
                }
                Some(sent) = session.sending.next(), if !session.sending.is_empty() => sent,
                delivery = session.deliveries.next() => self.take(&mut session, delivery).await,
            };
            if let Err(reason) = step {
                break End::Lost(reason);
            }
        };
        if let End::Lost(_) = end {
            return end;
        }
        if let Err(reason) = session.close().await {
            // What was not said is delivered again.
            warn!(subscription = self.plan.names.subscription, reason, "not closed in order");
        }
        end
    }

    /// Hands over what has arrived: a delivery, and those behind it.
    async fn take(
        &self,
        session: &mut Session,
        first: Option<Result<Delivery, lapin::Error>>,
    ) -> Result<(), String> {
        let (mut next, mut batch) = (Some(first), Vec::new());
        let mut end = Ok(());
        while let (Some(delivery), Ok(())) = (next.take(), &end) {
            let step = match delivery {
                Some(Ok(Delivery { delivery_tag, properties, data, .. })) => {
                    let received = Received { properties: properties.into(), body: data };
                    self.deliver(session, delivery_tag, received).await
                }
                Some(Err(error)) => Err(describe(&error)),
                None => Err("the broker has ended the consumer".to_owned()),
            };
            end = step.map(|held| batch.extend(held));
            if batch.len() < TOGETHER {
                next = session.deliveries.next().now_or_never();
            }
        }
        if !batch.is_empty() {
            self.arrived.fetch_add(batch.len() as u64, Ordering::Relaxed);
            self.tell(Incoming::Delivered(batch));
        }
        end
    }

    /// Reads a delivery, unless it is one for the engine itself.
    async fn deliver(
        &self,
        session: &mut Session,
        tag: u64,
        mut received: Received,
    ) -> Result<Option<Held>, String> {
        let wake = received.has(message::WAKE);
        // With a single active consumer the first delivery tells that it is this one.
        if wake || !session.looked {
            self.look().await.map_err(|error| describe(&error))?;
            session.looked = true;
        }
        if wake {
            session.settle(vec![(tag, Settled::Ack)]);
            return Ok(None);
        }
        let count = |name| received.number(name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let (failures, crashes) = (count(message::FAILURES), count("x-delivery-count"));
        let names = &self.plan.names;
        let left = received.number(message::WAIT_LEFT).and_then(|ms| u64::try_from(ms).ok());
        if let Some(left) = left.filter(|&left| left > 0) {
            let error = received.text(message::ERROR);
            let left = Duration::from_millis(left);
            self.inner
                .send_to_wait(names, &received.properties, received.body, left, failures, error)
                .await
                .map_err(|error| describe(&error))?;
            session.settle(vec![(tag, Settled::Ack)]);
            return Ok(None);
        }
        match received.take_event() {
            Ok(envelope) => Ok(Some(Held {
                envelope: envelope.into(),
                properties: received.properties,
                origin: Origin::Delivered(tag),
                failures,
                crashes,
            })),
            Err(reason) => {
                // Nobody could handle it: it has no key and no type for sure.
                warn!(subscription = names.subscription, reason, "what came is no event: parked");
                self.inner
                    .send_to_dead(names, &received.properties, received.body, None, 1, &reason)
                    .await
                    .map_err(|error| describe(&error))?;
                session.settle(vec![(tag, Settled::Ack)]);
                Ok(None)
            }
        }
    }

    /// Reads all parked events of an ordered subscription.
    async fn look(&self) -> Result<(), EngineError> {
        let epoch = self.plan.epoch.load(Ordering::Acquire);
        let mut stored = Vec::new();
        if let Some(mut look) = Look::begin(&self.inner, &self.plan.names.dead).await? {
            while let Some(next) = look.next().await? {
                stored.push(next);
            }
            look.end().await?;
        }
        self.tell(Incoming::Stored { epoch, stored });
        Ok(())
    }

    /// Ends; the queues of an instance vanish.
    async fn closed(self, reply: Option<oneshot::Sender<()>>) {
        if self.plan.names.instance
            && let Err(error) = self.delete().await
        {
            // They expire by themselves.
            let subscription = &self.plan.names.subscription;
            warn!(subscription, error = describe(&error), "the queues of the instance are left");
        }
        if let Some(reply) = reply {
            let _ = reply.send(());
        }
    }

    async fn delete(&self) -> Result<(), EngineError> {
        let channel = self.inner.link.channel().await?;
        for queue in [&self.plan.names.queue, &self.plan.names.dead] {
            channel
                .queue_delete(queue.as_str().into(), QueueDeleteOptions::default())
                .await
                .map_err(failed("delete the queues of an instance"))?;
        }
        Ok(())
    }
}

/// Declares what the consumer needs, and consumes.
async fn open(inner: &Inner, plan: &Plan) -> Result<Session, EngineError> {
    let topology = &inner.topology;
    let channel = inner.link.channel().await?;
    topology.declare_base(&channel).await?;
    if plan.names.partition == 0 {
        topology.declare(&channel, &plan.names, &plan.types).await?;
    } else {
        topology.declare_queue(&channel, &plan.names).await?;
    }
    let (queue, grows) = (&plan.names.queue, !plan.names.ordered);
    let deliveries = Deliveries::begin(&channel, queue, plan.prefetch, grows)
        .await
        .map_err(failed("consume"))?;
    Ok(Session {
        channel,
        deliveries,
        acks: Acks::default(),
        sending: FuturesOrdered::new(),
        flush_at: None,
        looked: !plan.names.ordered,
    })
}

/// Waits until the consumer is closed or dropped; forgets what it settles, for there
/// is no session that it could be of.
async fn closed(commands: &mut mpsc::UnboundedReceiver<Command>) -> Option<oneshot::Sender<()>> {
    loop {
        match commands.recv().await {
            Some(Command::Close(reply)) => return Some(reply),
            Some(_) => {}
            None => return None,
        }
    }
}

impl Session {
    fn settle(&mut self, settled: Vec<(u64, Settled)>) {
        for (tag, how) in settled {
            self.acks.settle(tag, how);
        }
        if self.acks.unsaid() > 0 {
            self.flush_at.get_or_insert_with(|| Instant::now() + LINGER);
        }
    }

    /// Holds more or fewer deliveries, as quickly as they are handled.
    async fn pace(&mut self, settled: usize) -> Result<(), String> {
        self.deliveries.settled(settled).await.map_err(|error| describe(&error))
    }

    /// Begins to say what is settled, if that is at least so many.
    fn flush_if(&mut self, count: usize) {
        if self.acks.unsaid() < count {
            return;
        }
        self.flush_at = None;
        for frame in self.acks.flush() {
            let channel = self.channel.clone();
            self.sending.push_back(Box::pin(async move {
                let sent = match frame {
                    Frame::Ack { tag, multiple } => {
                        channel.basic_ack(tag, BasicAckOptions { multiple }).await
                    }
                    Frame::Requeue { tag } => {
                        let options = BasicNackOptions { multiple: false, requeue: true };
                        channel.basic_nack(tag, options).await
                    }
                };
                sent.map_err(|error| describe(&error))
            }));
        }
    }

    /// Says what is settled; the end of the channel gives back the rest.
    ///
    /// Both at once: after a cancel alone the next consumer of an ordered subscription would get
    /// later events while this one still has earlier ones (seen in 3.10).
    async fn close(mut self) -> Result<(), String> {
        self.flush_if(0);
        while let Some(sent) = self.sending.next().await {
            sent?;
        }
        self.channel.close(200, "done".into()).await.map_err(|error| describe(&error))
    }
}
