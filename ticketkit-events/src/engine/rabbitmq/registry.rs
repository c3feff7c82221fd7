use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use lapin::{Channel, Connection};
use tracing::warn;

use super::{error::failed, names::Names, stats::Counts, topology::Topology};
use crate::{engine::EngineError, handler::describe};

/// A subscription that was declared by this process.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) names: Names,
    pub(super) types: Vec<String>,
    pub(super) consumers: Vec<Weak<Counts>>,
    /// The wait queues that were used, by their time.
    pub(super) waits: BTreeMap<u64, tokio::time::Instant>,
}

/// The subscriptions that this process has declared, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

impl Registry {
    pub(super) fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Declares all of them again, before anything is published to them.
    ///
    /// A broker that was killed within a second of a declaration may come back without it: it had
    /// not written it to its disk (seen in 3.10). What is published before the subscription is
    /// back would then go to the events that nobody subscribed to, and be confirmed.
    pub(super) async fn declare_again(
        &self,
        connection: &Connection,
        topology: &Topology,
    ) -> Result<(), EngineError> {
        let all: Vec<(Names, Vec<String>)> = self
            .known()
            .values()
            .filter(|known| !known.names.instance || known.is_consumed())
            .map(|known| (known.names.clone(), known.types.clone()))
            .collect();
        let mut channel: Option<Channel> = None;
        for (names, types) in all {
            let open = match channel.take() {
                Some(open) => open,
                None => connection.create_channel().await.map_err(failed("open a channel"))?,
            };
            match topology.declare(&open, &names, &types).await {
                Ok(()) => channel = Some(open),
                // One that somebody has made otherwise must not keep the others from publishing;
                // its consumer goes on trying, and says so.
                Err(error) if error.is_unsupported() => {
                    warn!(subscription = names.subscription, error = describe(&error), "skipped");
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(channel) = channel {
            channel.close(200, "done".into()).await.map_err(failed("close a channel"))?;
        }
        Ok(())
    }
}

impl Known {
    pub(super) fn is_consumed(&self) -> bool {
        self.consumers.iter().any(|counts| counts.strong_count() > 0)
    }
}
