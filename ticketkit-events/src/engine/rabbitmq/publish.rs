//! Publishing: many at a time over one channel, each with its confirm.
//!
//! One task drives them all. Each caller by itself would wake for each frame that is
//! sent: driven together they are a third faster.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, Stream, StreamExt};
use lapin::{Channel, Connection, Event, options::ConfirmSelectOptions};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until, timeout},
};
use tracing::{info, warn};

use super::{
    address::Address,
    confirm::Window,
    error::{failed, unreachable},
    flight::{Flights, Message, answer, fly},
    link::{GRACE, backoff, connect},
    registry::Registry,
    topology::Topology,
};
use crate::{
    engine::{ConnectionStats, EngineError},
    handler::describe,
};

/// Publishes whose confirm is awaited at the same time.
const WINDOW: usize = 2_000;
const QUEUE: usize = 1_000;
const BATCH: usize = 100;
/// A confirm that takes longer is not waited for: the caller publishes again.
const LIMIT: Duration = Duration::from_secs(30);
/// How long a channel for what may be lost is waited for.
const OPEN: Duration = Duration::from_secs(1);

type Reply = oneshot::Sender<Result<(), EngineError>>;

#[derive(Debug)]
struct Request {
    /// Boxed, since it is handed on several times.
    message: Box<Message>,
    reply: Reply,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    Up,
    /// The broker is short of memory or disk, and reads nothing that is published.
    Blocked(String),
    Down(String),
}

/// Publishes over a connection of its own, which is kept up.
#[derive(Clone, Debug)]
pub(super) struct Publisher {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    connection: watch::Receiver<Arc<Connection>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    reconnects: AtomicU64,
    unconfirmed: AtomicU64,
}

impl Publisher {
    pub(super) async fn open(
        address: Address,
        topology: Topology,
        registry: Registry,
    ) -> Result<Self, EngineError> {
        let target = Target { address, topology, registry };
        let session = Session::open(&target).await?;
        let (requests, receiver) = mpsc::channel(QUEUE);
        let (sender, status) = watch::channel(Status::Up);
        let (connected, connection) = watch::channel(session.connection.clone());
        let counts = Arc::new(Counts::default());
        tokio::spawn(drive(target, session, receiver, (sender, connected), counts.clone()));
        Ok(Self { requests, status, connection, counts })
    }

    /// Opens a channel without confirms, for what may be lost; an error while the broker takes
    /// nothing.
    ///
    /// What is published must go over this connection: the broker reads nothing any more from one
    /// that publishes while it is short of memory.
    pub(super) async fn channel(&self) -> Result<Channel, EngineError> {
        self.check()?;
        let connection = self.connection.borrow().clone();
        let opening = timeout(OPEN, connection.create_channel()).await;
        let opened = opening.map_err(|_| unreachable(format!("no channel in {OPEN:?}")))?;
        opened.map_err(failed("open a channel"))
    }

    /// Publishes a message, and waits for its confirm.
    ///
    /// After an error it may be at the broker or not, unless the error says that no
    /// queue takes it: publish it again under the same id.
    pub(super) fn publish(
        &self,
        message: Message,
    ) -> impl Future<Output = Result<(), EngineError>> + Send + '_ {
        // Before the future begins, so that this is a small one.
        let message = Box::new(message);
        async move {
            let publish = async {
                let (reply, answer) = oneshot::channel();
                let sent = self.requests.send(Request { message, reply }).await;
                sent.map_err(|_| unreachable("the engine was closed".to_owned()))?;
                answer
                    .await
                    .unwrap_or_else(|_| Err(unreachable("the engine was closed".to_owned())))
            };
            match timeout(LIMIT, publish).await {
                Ok(result) => result,
                Err(_) => Err(self.check().err().unwrap_or_else(|| {
                    EngineError::failed(
                        "the rabbitmq engine does not know whether the broker has the event",
                        format!("no confirm in {LIMIT:?}"),
                    )
                })),
            }
        }
    }

    pub(super) fn stats(&self) -> ConnectionStats {
        ConnectionStats {
            reconnects: self.counts.reconnects.load(Ordering::Relaxed),
            unconfirmed: self.counts.unconfirmed.load(Ordering::Relaxed),
            blocked: matches!(&*self.status.borrow(), Status::Blocked(_)),
        }
    }

    pub(super) fn check(&self) -> Result<(), EngineError> {
        match &*self.status.borrow() {
            Status::Up => Ok(()),
            Status::Blocked(reason) => Err(EngineError::failed(
                "the broker of the rabbitmq engine takes no events for now",
                reason.as_str(),
            )),
            Status::Down(reason) => Err(unreachable(reason.clone())),
        }
    }
}

/// What publishing connects to, and what has to be there.
struct Target {
    address: Address,
    topology: Topology,
    registry: Registry,
}

struct Session {
    connection: Arc<Connection>,
    channel: Channel,
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Session {
    async fn open(target: &Target) -> Result<Self, EngineError> {
        let connection = Arc::new(connect(&target.address, "publish").await?);
        let events = Box::pin(connection.events_listener());
        let channel = connection.create_channel().await.map_err(failed("open a channel"))?;
        target.topology.declare_base(&channel).await?;
        target.registry.declare_again(&connection, &target.topology).await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .map_err(failed("ask for confirms"))?;
        if !channel.status().confirm() {
            // lapin would call every publish a success.
            return Err(unreachable("the channel gives no confirms".to_owned()));
        }
        Ok(Self { connection, channel, events })
    }
}

async fn drive(
    target: Target,
    first: Session,
    mut requests: mpsc::Receiver<Request>,
    (status, connected): (watch::Sender<Status>, watch::Sender<Arc<Connection>>),
    counts: Arc<Counts>,
) {
    let mut session = first;
    let address = &target.address;
    loop {
        let Some(reason) = run(&mut session, &mut requests, &status, &counts).await else {
            // Nobody publishes any more; that the broker is told is a courtesy.
            drop(session.connection.close(200, "bye".into()).await);
            return;
        };
        warn!(%address, reason, "the connection for publishing is lost");
        status.send_replace(Status::Down(reason));
        let (down_since, mut attempt) = (Instant::now(), 0);
        let again = async {
            loop {
                tokio::time::sleep(backoff(attempt)).await;
                match Session::open(&target).await {
                    Ok(session) => return session,
                    Err(error) => {
                        let reason = describe(&error);
                        warn!(%address, attempt, reason, "no connection for publishing");
                        status.send_replace(Status::Down(reason));
                        attempt += 1;
                    }
                }
            }
        };
        let refuse = async {
            sleep_until(down_since + GRACE).await;
            while let Some(request) = requests.recv().await {
                let reason = match &*status.borrow() {
                    Status::Down(reason) => reason.clone(),
                    _ => String::new(),
                };
                // A caller that went away needs no answer.
                let _ = request.reply.send(Err(unreachable(reason)));
            }
        };
        session = tokio::select! {
            session = again => session,
            () = refuse => return,
        };
        counts.reconnects.fetch_add(1, Ordering::Relaxed);
        connected.send_replace(session.connection.clone());
        info!(%address, "connected again for publishing");
        status.send_replace(Status::Up);
    }
}

/// Publishes over a session until it ends. Returns why; or none when nobody
/// publishes any more and everything is confirmed.
async fn run(
    session: &mut Session,
    requests: &mut mpsc::Receiver<Request>,
    status: &watch::Sender<Status>,
    counts: &Counts,
) -> Option<String> {
    let channel = &session.channel;
    let mut window: Window<Reply> = Window::default();
    let mut flights = Flights::default();
    let mut batch = Vec::with_capacity(BATCH);
    let (mut blocked, mut open) = (false, true);
    let reason = loop {
        counts.unconfirmed.store(window.len() as u64, Ordering::Relaxed);
        if !open && flights.is_empty() {
            return None;
        }
        tokio::select! {
            biased;
            event = session.events.next() => match event {
                Some(Event::ConnectionBlocked(reason)) => {
                    warn!(reason, "the broker blocks publishers");
                    blocked = true;
                    status.send_replace(Status::Blocked(reason));
                }
                Some(Event::ConnectionUnblocked) => {
                    info!("the broker takes events again");
                    blocked = false;
                    status.send_replace(Status::Up);
                }
                Some(Event::Error(error)) => break describe(&error),
                None => break "the connection was closed".to_owned(),
                Some(_) => {}
            },
            landed = flights.next(), if !flights.is_empty() => {
                let mut next = landed;
                let mut failure = None;
                // One confirm of the broker ends many at once.
                while let Some((number, result)) = next {
                    match result {
                        Ok((accepted, returned)) => {
                            window.confirmed(number, accepted, returned, |reply, verdict| {
                                // A caller that went away needs no answer.
                                let _ = reply.send(answer(verdict));
                            });
                        }
                        Err(reason) => {
                            failure = Some(reason);
                            break;
                        }
                    }
                    next = flights.next().now_or_never().flatten();
                }
                if let Some(reason) = failure {
                    break reason;
                }
            }
            count = requests.recv_many(&mut batch, BATCH),
                if open && !blocked && window.len() < WINDOW =>
            {
                open = count > 0;
                for Request { message, reply } in batch.drain(..) {
                    // Who waits no longer publishes it again itself.
                    if !reply.is_closed() {
                        let number = window.sent(message.identity(), reply);
                        flights.push(fly(channel, number, *message));
                    }
                }
            }
        }
    };
    for reply in window.abandon() {
        let _ = reply.send(Err(EngineError::failed(
            "the rabbitmq engine does not know whether the broker has the event",
            reason.as_str(),
        )));
    }
    Some(reason)
}
