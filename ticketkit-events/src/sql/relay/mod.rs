//! Moving committed events to the bus.
//!
//! | part | what it does |
//! |---|---|
//! | `share` | decides which partitions a relay takes and gives up |
//! | `lease` | keeps these decisions in the database |
//! | `held` | what this relay holds at the moment |
//! | `keeper` | renews, takes and gives up, again and again |
//! | `dispatch` | lets workers move what there is to move |
//! | `worker` | moves one batch of some partitions |

mod dispatch;
mod held;
mod keeper;
mod lease;
mod share;
mod worker;

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

pub(crate) use self::held::Turn;
use self::{dispatch::Dispatch, held::Held};
use super::Database;
use crate::{Bus, handler::describe};

/// In how many parts the relays of a database share its outbox; as many rows has
/// `ticketkit_relay_partitions`.
pub(crate) const PARTITIONS: u8 = 16;

/// Moves committed events of one [`Database`] to the [`Bus`], in order per key.
///
/// Run one in each process of a service, or in a process of its own: the relays of a database find
/// each other there and share its outbox, by 16 partitions of the keys. A relay holds its partitions
/// by leases that it renews, of 3 s on SQLite and 5 s on PostgreSQL; when it stops it gives them up
/// at once, when it is killed others take them after that time. What a relay says of a partition that
/// another has taken meanwhile is refused.
///
/// An event is deleted from the outbox after the engine has it: a crash between the two publishes it
/// again under its id, and inboxes absorb the duplicate. An event that the engine refuses holds back
/// its key alone.
///
/// A relay is woken by a commit in its process, on PostgreSQL by one in any process (it keeps a
/// connection for that), by the next schedule, and by polls that grow from 100 ms to a second (on
/// SQLite to 200 ms while several relays run).
///
/// A worker moves the first events of a partition, on SQLite of up to four partitions together: they
/// are read, published and settled at once, and wait for the slowest confirm among them. It reads at
/// most 512 events, as many of each partition, or 2 MiB of them, and as many again for each partition
/// that these leave out.
#[derive(Debug)]
#[must_use = "a relay does nothing until it runs"]
pub struct Relay {
    database: Database,
    bus: Bus,
    workers: usize,
}

/// What the parts of a running relay share.
#[derive(Debug)]
struct Shared {
    database: Database,
    bus: Bus,
    /// New at each start: a relay never takes itself for the one before it.
    id: String,
    held: Held,
    /// Asks the keeper to look at once.
    hurry: Notify,
    /// Tells that what is held has changed.
    changed: Notify,
}

impl Relay {
    /// Makes a relay of a database.
    pub fn new(database: &Database, bus: &Bus) -> Self {
        Self { database: database.clone(), bus: bus.clone(), workers: database.relay_workers() }
    }

    /// Sets how many workers move events at the same time, at least 1.
    ///
    /// By default 4 on SQLite, and on PostgreSQL half as many as connections write, so that requests
    /// get theirs while a backlog is moved.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count.max(1);
        self
    }

    /// Moves events until `shutdown`, and then what is committed by then in the partitions that it
    /// holds.
    ///
    /// A database or engine that fails is tried again for ever, with pauses. If this future is
    /// dropped, events of the last batches may be published twice, and the partitions are free only
    /// when their leases are over.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let shared = Arc::new(Shared {
            id: self.database.wake().relay_id(),
            database: self.database,
            bus: self.bus,
            held: Held::default(),
            hurry: Notify::new(),
            changed: Notify::new(),
        });
        tokio::select! {
            () = Dispatch::new(shared.clone(), self.workers).run(shutdown) => {}
            () = shared.keep() => {}
            () = shared.listen() => {}
        }
        if let Err(error) = shared.database.leave_relays(&shared.id).await {
            // They are free when they are over.
            tracing::debug!(error = describe(&error), "the leases of a relay were not given up");
        }
    }
}

impl Shared {
    /// Hears what other processes commit, for ever.
    async fn listen(&self) {
        const PAUSE: Duration = Duration::from_secs(1);
        loop {
            let Err(error) = self.database.hear().await;
            // Polls find it a little later.
            tracing::debug!(error = describe(&error), "a relay does not hear of commits");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
