//! Publishing: many at a time over one channel, each with its confirm.
//!
//! One task drives them all. Each caller by itself would wake for each frame that is
//! sent: driven together they are a third faster.

use std::{pin::Pin, time::Duration};

use futures_util::{FutureExt, Stream, StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, Event,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until, timeout},
};
use tracing::{info, warn};

use super::{
    address::Address,
    confirm::{Identity, Verdict, Window},
    error::{failed, unreachable},
    link::{GRACE, backoff, connect},
    topology::Topology,
};
use crate::{engine::EngineError, handler::describe};

/// Publishes whose confirm is awaited at the same time.
const WINDOW: usize = 2_000;
const QUEUE: usize = 1_000;
const BATCH: usize = 100;
/// A confirm that takes longer is not waited for: the caller publishes again.
const LIMIT: Duration = Duration::from_secs(30);

/// A message to publish: persistent, mandatory and confirmed.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

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
}

impl Publisher {
    pub(super) async fn open(address: Address, topology: Topology) -> Result<Self, EngineError> {
        let session = Session::open(&address, &topology).await?;
        let (requests, receiver) = mpsc::channel(QUEUE);
        let (sender, status) = watch::channel(Status::Up);
        tokio::spawn(drive(address, topology, session, receiver, sender));
        Ok(Self { requests, status })
    }

    /// Publishes a message, and waits for its confirm.
    ///
    /// After an error it may be at the broker or not, unless the error says that no
    /// queue takes it: publish it again under the same id.
    pub(super) async fn publish(&self, message: Message) -> Result<(), EngineError> {
        let publish = async {
            let (reply, answer) = oneshot::channel();
            let sent = self.requests.send(Request { message: Box::new(message), reply }).await;
            sent.map_err(|_| unreachable("the engine was closed".to_owned()))?;
            answer.await.unwrap_or_else(|_| Err(unreachable("the engine was closed".to_owned())))
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

struct Session {
    connection: Connection,
    channel: Channel,
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Session {
    async fn open(address: &Address, topology: &Topology) -> Result<Self, EngineError> {
        let connection = connect(address, "publish").await?;
        let events = Box::pin(connection.events_listener());
        let channel = connection.create_channel().await.map_err(failed("open a channel"))?;
        topology.declare_base(&channel).await?;
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
    address: Address,
    topology: Topology,
    first: Session,
    mut requests: mpsc::Receiver<Request>,
    status: watch::Sender<Status>,
) {
    let mut session = first;
    loop {
        let Some(reason) = run(&mut session, &mut requests, &status).await else {
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
                match Session::open(&address, &topology).await {
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
) -> Option<String> {
    let channel = &session.channel;
    let mut window: Window<Reply> = Window::default();
    let mut flights = FuturesUnordered::new();
    let mut batch = Vec::with_capacity(BATCH);
    let (mut blocked, mut open) = (false, true);
    let reason = loop {
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
            Some(landed) = flights.next(), if !flights.is_empty() => {
                let mut next = Some(landed);
                let mut failure = None;
                // One confirm of the broker ends many at once.
                while let Some((number, result)) = next {
                    match result {
                        Ok((accepted, returned)) => {
                            for (reply, verdict) in window.confirmed(number, accepted, returned) {
                                // A caller that went away needs no answer.
                                let _ = reply.send(answer(verdict));
                            }
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

type Landed = Result<(bool, Option<(Identity, String)>), String>;

async fn fly(channel: &Channel, number: u64, message: Message) -> (u64, Landed) {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let Message { exchange, routing_key, properties, body } = message;
    let publish = async {
        let confirm =
            channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
        confirm.await
    };
    let landed = match publish.await {
        Ok(Confirmation::Ack(returned)) => Ok((true, returned.as_ref().map(identify))),
        Ok(Confirmation::Nack(returned)) => Ok((false, returned.as_ref().map(identify))),
        Ok(Confirmation::NotRequested) => Err("the channel gives no confirms".to_owned()),
        Err(error) => Err(describe(&error)),
    };
    (number, landed)
}

fn identify(returned: &lapin::message::BasicReturnMessage) -> (Identity, String) {
    let (exchange, routing_key) = (returned.exchange.as_str(), returned.routing_key.as_str());
    let identity = Identity::of(id_of(&returned.properties), exchange, routing_key);
    (identity, returned.reply_text.to_string())
}

fn id_of(properties: &BasicProperties) -> &str {
    properties.message_id().as_ref().map_or("", ShortString::as_str)
}

impl Message {
    fn identity(&self) -> Identity {
        Identity::of(id_of(&self.properties), self.exchange.as_str(), self.routing_key.as_str())
    }
}

fn answer(verdict: Verdict) -> Result<(), EngineError> {
    match verdict {
        Verdict::Accepted => Ok(()),
        Verdict::Refused => Err(EngineError::failed(
            "the broker of the rabbitmq engine has refused the event",
            "basic.nack: a queue is full or has no leader",
        )),
        Verdict::Returned(text) => Err(EngineError::failed(
            "the rabbitmq engine finds no queue that takes the event",
            text,
        )),
    }
}
