//! Connections that are kept up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{
    address::Address,
    error::{failed, unreachable},
};
use crate::{engine::EngineError, handler::describe};

const CONNECT: Duration = Duration::from_secs(10);
/// How long callers wait for a connection that is down before they get an error.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// lapin says when a connection ends; this catches an end that it does not say.
const LOOK: Duration = Duration::from_secs(1);

/// Connects once. lapin's own recovery stays off: it gives up after a while, and
/// never brings back a single channel.
pub(super) async fn connect(address: &Address, role: &str) -> Result<Connection, EngineError> {
    let name = format!("ticketkit-events {role}");
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let cannot = || format!("the rabbitmq engine cannot connect to {address}");
    match timeout(CONNECT, Connection::connect_uri(address.uri(), properties)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(EngineError::failed(cannot(), error)),
        Err(_) => Err(EngineError::failed(cannot(), format!("no answer in {CONNECT:?}"))),
    }
}

/// Returns the pause before the next attempt: doubling from 50 ms to 5 s, shortened
/// at random by up to a half so that not all clients come at once.
pub(super) fn backoff(attempt: u32) -> Duration {
    let full = Duration::from_millis(50 << attempt.min(7)).min(Duration::from_secs(5));
    full.mul_f64(1.0 - crate::subscription::jitter() / 2.0)
}

#[derive(Clone, Debug)]
enum State {
    Up(Arc<Connection>),
    Down(String),
}

/// A connection for consuming and declaring: the broker reads nothing from one that
/// publishes while it is short of memory, acknowledgements neither.
#[derive(Clone, Debug)]
pub(super) struct Link {
    state: watch::Receiver<State>,
    reconnects: Arc<AtomicU64>,
}

impl Link {
    pub(super) async fn open(address: Address) -> Result<Self, EngineError> {
        let connection = Arc::new(connect(&address, "consume").await?);
        let (sender, state) = watch::channel(State::Up(connection.clone()));
        let reconnects = Arc::new(AtomicU64::new(0));
        tokio::spawn(keep_up(address, connection, sender, reconnects.clone()));
        Ok(Self { state, reconnects })
    }

    /// Opens a channel; waits a moment for a connection that is down.
    pub(super) async fn channel(&self) -> Result<Channel, EngineError> {
        let mut state = self.state.clone();
        let up = async {
            let up = state.wait_for(|state| matches!(state, State::Up(_))).await;
            up.map(|state| state.clone())
        };
        let state = timeout(GRACE, up).await.unwrap_or_else(|_| Ok(self.state.borrow().clone()));
        let connection = match state {
            Ok(State::Up(connection)) => connection,
            Ok(State::Down(reason)) => return Err(unreachable(reason)),
            Err(_) => return Err(unreachable("the engine was closed".to_owned())),
        };
        connection.create_channel().await.map_err(failed("open a channel"))
    }

    /// Returns how often it was lost and made again.
    pub(super) fn reconnects(&self) -> u64 {
        self.reconnects.load(Ordering::Relaxed)
    }

    pub(super) fn check(&self) -> Result<(), EngineError> {
        match &*self.state.borrow() {
            State::Up(_) => Ok(()),
            State::Down(reason) => Err(unreachable(reason.clone())),
        }
    }
}

/// Connects again whenever the connection ends, until nobody uses it any more.
async fn keep_up(
    address: Address,
    first: Arc<Connection>,
    state: watch::Sender<State>,
    reconnects: Arc<AtomicU64>,
) {
    let mut connection = first;
    loop {
        let reason = tokio::select! {
            reason = ended(&connection) => reason,
            () = state.closed() => return,
        };
        warn!(%address, reason, "the connection for consuming is lost");
        state.send_replace(State::Down(reason));
        let mut attempt = 0;
        connection = loop {
            tokio::select! {
                () = sleep(backoff(attempt)) => {}
                () = state.closed() => return,
            }
            match connect(&address, "consume").await {
                Ok(connection) => break Arc::new(connection),
                Err(error) => {
                    let reason = describe(&error);
                    warn!(%address, attempt, reason, "no connection for consuming");
                    state.send_replace(State::Down(reason));
                    attempt += 1;
                }
            }
        };
        reconnects.fetch_add(1, Ordering::Relaxed);
        info!(%address, "connected again for consuming");
        state.send_replace(State::Up(connection.clone()));
    }
}

/// Waits for the end of a connection; returns why.
async fn ended(connection: &Connection) -> String {
    let mut events = std::pin::pin!(connection.events_listener());
    loop {
        match timeout(LOOK, events.next()).await {
            Ok(Some(Event::Error(error))) => return describe(&error),
            Ok(None) => return "the connection was closed".to_owned(),
            Ok(Some(_)) => {}
            Err(_) if connection.status().connected() => {}
            Err(_) => return "the connection was closed".to_owned(),
        }
    }
}
