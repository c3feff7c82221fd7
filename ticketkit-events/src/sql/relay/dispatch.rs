use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::pending,
    panic::resume_unwind,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Row};
use tokio::{task::JoinSet, time::sleep_until};
use tracing::{debug, warn};

use super::{
    PARTITIONS, Shared, Turn,
    lease::number,
    worker::{MoveError, Moved},
};
use crate::{Timestamp, handler::describe};

/// What nobody tells of is found by polling.
const SHORTEST_POLL: Duration = Duration::from_millis(100);
const LONGEST_POLL: Duration = Duration::from_secs(1);
/// Where relays share an outbox and cannot wake each other.
const LONGEST_SHARED_POLL: Duration = Duration::from_millis(200);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many schedules are fired in one transaction.
const FIRED_AT_ONCE: usize = 256;

/// Gives partitions with something to move to workers, some at a time to each.
pub(super) struct Dispatch {
    shared: Arc<Shared>,
    limit: usize,
    workers: JoinSet<Vec<(Turn, Result<Moved, MoveError>)>>,
    /// Partitions that a worker is to look at, in their turns.
    ready: VecDeque<u8>,
    /// Those that are looked at once more when their worker ends.
    again: BTreeSet<u8>,
    /// Those that stand still after a failure.
    pauses: BTreeMap<u8, Pause>,
    /// When a warning was written the last time; there may be sixteen at once.
    warned: Option<Instant>,
}

struct Pause {
    length: Duration,
    /// None once it is over: then the length is what the next one begins with.
    until: Option<Instant>,
}

impl Dispatch {
    pub(super) fn new(shared: Arc<Shared>, limit: usize) -> Self {
        Self {
            shared,
            limit,
            workers: JoinSet::new(),
            ready: VecDeque::new(),
            again: BTreeSet::new(),
            pauses: BTreeMap::new(),
            warned: None,
        }
    }

    /// Dispatches until `shutdown`, and then until nothing is left that can be moved here.
    pub(super) async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let shared = self.shared.clone();
        let mut shutdown = pin!(shutdown);
        let mut woken = shared.database.wake().subscribe();
        // What it may move is known then; a shutdown that comes before waits for it, or for a failure.
        shared.changed.notified().await;
        let (mut look, mut last) = (true, false);
        let (mut poll, mut due) = (SHORTEST_POLL, None);
        // Not a pause after the last thing that happened: one busy partition would put it off for ever.
        let mut poll_at = Instant::now() + poll;
        loop {
            // Who has enough to do looks later.
            if look && self.workers.len() < self.limit {
                match self.look().await {
                    Ok(next) => due = next,
                    Err(error) => {
                        self.warn(&error.into());
                        if last {
                            return;
                        }
                    }
                }
                look = false;
            }
            self.start_workers();
            if last && !look && self.workers.is_empty() {
                return;
            }
            let resumed = self.pauses.values().filter_map(|pause| pause.until).min();
            tokio::select! {
                Some(ended) = self.workers.join_next(), if !self.workers.is_empty() => match ended {
                    Ok(ended) => {
                        for (turn, result) in ended {
                            look |= self.ended(turn, result, last);
                        }
                        poll = SHORTEST_POLL;
                        poll_at = poll_at.min(Instant::now() + poll);
                    }
                    // An engine panicked. Nobody aborts workers.
                    Err(error) => resume_unwind(error.into_panic()),
                },
                () = &mut shutdown, if !last => {
                    (last, look) = (true, true);
                    // Each is tried once more.
                    self.pauses.clear();
                }
                _ = woken.changed() => look = true,
                () = shared.changed.notified() => look = true,
                () = sleep_until_some(resumed), if resumed.is_some() => self.resume(),
                () = shared.database.clock().sleep_until(due.unwrap_or(Timestamp::EPOCH)),
                    if due.is_some() => (due, look) = (None, true),
                () = sleep_until(poll_at.into()) => {
                    (look, poll) = (true, (poll * 2).min(self.longest_poll()));
                    poll_at = Instant::now() + poll;
                }
            }
        }
    }

    fn longest_poll(&self) -> Duration {
        let alone = self.shared.held.count() == usize::from(PARTITIONS);
        if alone || self.shared.database.hears_others() {
            LONGEST_POLL
        } else {
            LONGEST_SHARED_POLL
        }
    }

    /// Fires schedules, and finds out which partitions have something to move; returns when there
    /// will be more.
    async fn look(&mut self) -> Result<Option<Timestamp>, sqlx::Error> {
        let database = &self.shared.database;
        while database.fire_schedules(FIRED_AT_ONCE).await? == FIRED_AT_ONCE {}
        let now = database.now().as_millis();
        // Also of those that nobody holds: their events wait for somebody.
        let look = format!(
            "select p.partition, p.relay from ticketkit_relay_partitions p
             where (p.relay = $1 or p.relay is null or p.expires_at <= $2)
               and exists (select 1 from ticketkit_outbox o where {} and o.due_at <= $2)",
            database.dialect().of_partition("p.partition"),
        );
        // Names of our own.
        let rows = sqlx::query(AssertSqlSafe(look))
            .bind(self.shared.id.as_str())
            .bind(now)
            .fetch_all(database.reader())
            .await?;
        let due = database.next_due().await?;
        for row in &rows {
            let relay: Option<String> = row.try_get("relay")?;
            if relay.as_ref() == Some(&self.shared.id) {
                self.enqueue(number(row.try_get("partition")?)?);
            } else {
                self.shared.hurry.notify_one();
            }
        }
        Ok(due)
    }

    /// Has a worker look at a partition, unless it stands still.
    fn enqueue(&mut self, partition: u8) {
        if self.pauses.get(&partition).is_some_and(|pause| pause.until.is_some()) {
            return;
        }
        if self.shared.held.is_busy(partition) {
            self.again.insert(partition);
        } else if !self.ready.contains(&partition) {
            self.ready.push_back(partition);
        }
    }

    fn start_workers(&mut self) {
        while self.workers.len() < self.limit && !self.ready.is_empty() {
            let free = self.limit - self.workers.len();
            let most = self.shared.database.partitions_at_once();
            let count = self.ready.len().div_ceil(free).min(most);
            let held = &self.shared.held;
            let turns: Vec<Turn> =
                self.ready.drain(..count).filter_map(|partition| held.start(partition)).collect();
            if turns.is_empty() {
                continue;
            }
            let shared = self.shared.clone();
            self.workers.spawn(async move {
                let moved = shared.move_batch(&turns).await;
                turns.into_iter().zip(moved).collect()
            });
        }
    }

    /// Takes note of what a worker has done in a partition; returns whether the outbox has to be
    /// looked at, to know when the next try is due.
    fn ended(&mut self, turn: Turn, result: Result<Moved, MoveError>, last: bool) -> bool {
        let partition = turn.partition;
        if self.shared.held.end(partition) {
            self.shared.hurry.notify_one();
        }
        let again = self.again.remove(&partition);
        match result {
            Ok(Moved::Lost) => debug!(partition, "another relay has a partition"),
            Ok(moved) => {
                self.pauses.remove(&partition);
                if moved == Moved::Some || again {
                    self.ready.push_back(partition);
                }
                return moved == Moved::Rest;
            }
            Err(error @ MoveError::Key(_)) => {
                self.warn(&error);
                if again {
                    self.ready.push_back(partition);
                }
                return true;
            }
            Err(error) => {
                self.warn(&error);
                if !last {
                    let length = self.pauses.get(&partition).map(|pause| pause.length * 2);
                    let length = length.unwrap_or(FIRST_PAUSE).min(LONGEST_PAUSE);
                    let until = Some(Instant::now() + length);
                    self.pauses.insert(partition, Pause { length, until });
                }
            }
        }
        false
    }

    /// Lets the partitions go on whose pauses are over.
    fn resume(&mut self) {
        let now = Instant::now();
        let mut over = Vec::new();
        for (&partition, pause) in &mut self.pauses {
            if pause.until.is_some_and(|until| until <= now) {
                pause.until = None;
                over.push(partition);
            }
        }
        for partition in over {
            self.enqueue(partition);
        }
    }

    fn warn(&mut self, error: &MoveError) {
        let recently = self.warned.is_some_and(|at| at.elapsed() < LONGEST_PAUSE);
        if !recently {
            self.warned = Some(Instant::now());
            warn!(error = describe(error), "events stay in the outbox until it is tried again");
        }
    }
}

async fn sleep_until_some(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => pending().await,
    }
}
