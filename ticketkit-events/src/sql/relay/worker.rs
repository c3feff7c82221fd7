use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Shared, Turn};
use crate::{
    engine::EngineError,
    handler::describe,
    sql::{
        batch::{Batch, Refused},
        outbox::Outcome,
    },
};

/// What came of a partition in one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// There may be more.
    Some,
    /// There was no more.
    All,
    /// What there was more was refused, and waits for another try.
    Rest,
    /// The partition is another's, or may be.
    Lost,
}

/// Why nothing of a partition was moved.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum MoveError {
    #[error("the outbox cannot be read or settled")]
    Database(#[source] Arc<sqlx::Error>),
    #[error("the engine takes no events: {0}")]
    Engine(String),
    /// Nothing else was there to be moved; others may come.
    #[error("the engine refuses the events of a key: {0}")]
    Key(String),
}

impl From<sqlx::Error> for MoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(60);
/// An engine that is back is found soon.
const LAST_RETRY_OF_ALL: Duration = Duration::from_secs(5);

impl Shared {
    /// Moves one batch of some partitions; returns what came of each, in their order.
    pub(super) async fn move_batch(&self, turns: &[Turn]) -> Vec<Result<Moved, MoveError>> {
        match self.move_all(turns).await {
            Ok(moved) => moved,
            Err(error) => vec![Err(error.into()); turns.len()],
        }
    }

    async fn move_all(&self, turns: &[Turn]) -> Result<Vec<Result<Moved, MoveError>>, sqlx::Error> {
        let partitions: Vec<u8> = turns.iter().map(|turn| turn.partition).collect();
        let mut batch = self.database.outbox_batch(&partitions).await?;
        // The reading may have taken long, and another have begun where this ends.
        let mut lost: Vec<u8> = turns
            .iter()
            .filter(|&&turn| !self.held.is_trusted(turn))
            .map(|turn| turn.partition)
            .collect();
        batch.leave_out(&lost);
        let mut tried = Vec::new();
        if !batch.envelopes.is_empty() {
            let results = self.bus.publish_envelopes(&batch.envelopes).await;
            tried = turns.iter().filter_map(|&turn| Tried::new(turn, &batch, &results)).collect();
            let begun = Instant::now();
            let outcomes = tried.iter().map(|tried| &tried.outcome);
            let kept = self.database.outbox_settle(&self.id, outcomes).await?;
            for Outcome { turn, .. } in tried.iter().map(|tried| &tried.outcome) {
                if kept.contains(&turn.partition) {
                    self.held.renewed(*turn, begun + self.database.trust());
                } else {
                    self.held.lost(*turn);
                    lost.push(turn.partition);
                }
            }
        }
        let moved = |&turn: &Turn| {
            if lost.contains(&turn.partition) {
                return Ok(Moved::Lost);
            }
            let more = batch.more;
            let tried = tried.iter().find(|tried| tried.outcome.turn == turn);
            tried.map_or(Ok(if more { Moved::Some } else { Moved::All }), |tried| tried.moved(more))
        };
        Ok(turns.iter().map(moved).collect())
    }
}

/// What became of the rows of a partition, of which there were some.
struct Tried {
    outcome: Outcome,
    /// How many keys the engine refused all of; none if it took anything.
    stuck: usize,
    /// What it said first.
    error: String,
}

impl Tried {
    fn new(turn: Turn, batch: &Batch, results: &[Result<(), EngineError>]) -> Option<Self> {
        let mut outcome = Outcome { turn, published: Vec::new(), refused: Vec::new() };
        let mut keys = HashSet::new();
        // Whether it is the first of its key.
        let mut firsts = Vec::new();
        let rows = batch.rows.iter().zip(&batch.envelopes).zip(results);
        for ((row, envelope), result) in
            rows.filter(|((row, _), _)| row.partition == turn.partition)
        {
            match result {
                Ok(()) => outcome.published.push(row.seq),
                Err(error) => {
                    let (seq, after) = (row.seq, retry_after(row.attempts));
                    outcome.refused.push(Refused { seq, after, error: describe(error) });
                    firsts.push(keys.insert(&envelope.key));
                }
            }
        }
        let error = outcome.refused.first().map(|row| row.error.clone());
        if !outcome.published.is_empty() {
            return Some(Self { outcome, stuck: 0, error: error.unwrap_or_default() });
        }
        // The engine is down, which is no event's fault. Or the oldest events are those of keys
        // that it refuses, as many as are read at a time: so others get a turn.
        let mut firsts = firsts.into_iter();
        outcome.refused.retain_mut(|row| {
            row.after = row.after.min(LAST_RETRY_OF_ALL);
            firsts.next().unwrap_or(false)
        });
        error.map(|error| Self { outcome, stuck: keys.len(), error })
    }

    /// Returns what came of it, if there may be more.
    fn moved(&self, more: bool) -> Result<Moved, MoveError> {
        match (self.stuck, more) {
            (2.., _) => Err(MoveError::Engine(self.error.clone())),
            (1, false) => Err(MoveError::Key(self.error.clone())),
            (_, true) => Ok(Moved::Some),
            (_, false) if self.outcome.refused.is_empty() => Ok(Moved::All),
            (_, false) => Ok(Moved::Rest),
        }
    }
}

fn retry_after(attempts: u32) -> Duration {
    FIRST_RETRY.saturating_mul(1 << attempts.min(16)).min(LAST_RETRY)
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;

    use super::*;
    use crate::{
        Bus, Causation, Envelope, EventId, Timestamp,
        sql::{Database, relay::held::Held},
    };

    fn envelope(n: u32) -> Envelope {
        Envelope {
            id: EventId::new(),
            kind: "thing.made".to_owned(),
            source: "/things".to_owned(),
            time: Timestamp::EPOCH,
            key: format!("key-{}", n % 80),
            version: 1,
            causation: Causation::default(),
            data: n.to_string(),
        }
    }

    async fn execute(database: &Database, sql: &'static str) {
        let mut tx = database.begin().await.unwrap();
        sqlx::raw_sql(sql).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the outbox has of each partition.
    async fn pending(database: &Database) -> Vec<i64> {
        let counts = "select count(o.seq) from ticketkit_relay_partitions p
                      left join ticketkit_outbox o on o.partition = p.partition
                      group by p.partition order by p.partition";
        sqlx::query_scalar(counts).fetch_all(database.reader()).await.unwrap()
    }

    #[tokio::test]
    async fn a_lost_lease_stops_its_partition_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_file(folder.path().join("things.db")).await.unwrap();
        let mut tx = database.begin().await.unwrap();
        let all: Vec<Envelope> = (0..160).map(envelope).collect();
        tx.enqueue_all(&all).await.unwrap();
        tx.commit().await.unwrap();
        let shared = Shared {
            database: database.clone(),
            bus: Bus::memory(),
            id: "us".to_owned(),
            held: Held::default(),
            hurry: Notify::new(),
            changed: Notify::new(),
        };
        database.keep_leases(&shared.id, &shared.held).await.unwrap();
        let turns: Vec<Turn> = (0..8).filter_map(|of| shared.held.start(of)).collect();
        assert_eq!(turns.len(), 8);
        // Of one it is known before, of the others not.
        shared.held.lost(turns[2]);
        execute(
            &database,
            "update ticketkit_relay_partitions set relay = 'they', fence = fence + 1
             where partition = 5;
             -- Taken by another, and back again.
             update ticketkit_relay_partitions set fence = fence + 2 where partition = 6;",
        )
        .await;
        let before = pending(&database).await;
        assert!(before.iter().all(|count| *count > 0), "{before:?}");

        let moved = shared.move_batch(&turns).await;

        let is_lost = |of: usize| matches!(of, 2 | 5 | 6);
        for (of, moved) in moved.into_iter().enumerate() {
            let expected = if is_lost(of) { Moved::Lost } else { Moved::All };
            assert_eq!(moved.unwrap(), expected, "{of}");
        }
        let kept = (0..).zip(before).map(|(of, n)| if of < 8 && !is_lost(of) { 0 } else { n });
        assert_eq!(pending(&database).await, kept.collect::<Vec<_>>());
        for (of, turn) in turns.iter().enumerate() {
            assert_eq!(shared.held.is_trusted(*turn), !is_lost(of), "{of}");
        }
    }
}
