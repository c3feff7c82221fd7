use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use super::{Shared, Turn};
use crate::{handler::describe, sql::outbox::Refused};

/// What came of one batch.
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

/// A batch that was not moved.
#[derive(Debug, thiserror::Error)]
pub(super) enum MoveError {
    #[error("the outbox cannot be read or settled")]
    Database(#[from] sqlx::Error),
    #[error("the engine takes no events: {0}")]
    Engine(String),
    /// Nothing else was there to be moved; others may come.
    #[error("the engine refuses the events of a key: {0}")]
    Key(String),
}

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(60);
/// An engine that is back is found soon.
const LAST_RETRY_OF_ALL: Duration = Duration::from_secs(5);

impl Shared {
    /// Moves one batch of a partition.
    pub(super) async fn move_batch(&self, turn: Turn) -> Result<Moved, MoveError> {
        let batch = self.database.outbox_batch(turn.partition).await?;
        if batch.envelopes.is_empty() {
            return Ok(Moved::All);
        }
        // The reading may have taken long, and another have begun where this ends.
        if !self.held.is_trusted(turn) {
            return Ok(Moved::Lost);
        }
        let results = self.bus.publish_envelopes(&batch.envelopes).await;
        let mut published = Vec::with_capacity(results.len());
        let mut refused = Vec::new();
        for (row, result) in batch.rows.iter().zip(results) {
            match result {
                Ok(()) => published.push(row.seq),
                Err(error) => refused.push(Refused {
                    seq: row.seq,
                    after: retry_after(row.attempts),
                    error: describe(&error),
                }),
            }
        }
        let error = refused.first().map_or_else(String::new, |row| row.error.clone());
        let stuck = published.is_empty();
        let mut keys = HashSet::new();
        if stuck {
            // The engine is down, which is no event's fault. Or the oldest events are those of keys
            // that it refuses, as many as are read at a time: so others get a turn.
            let firsts = batch.envelopes.iter().map(|envelope| keys.insert(&envelope.key));
            let mut firsts = firsts.collect::<Vec<_>>().into_iter();
            refused.retain_mut(|row| {
                row.after = row.after.min(LAST_RETRY_OF_ALL);
                firsts.next().unwrap_or(false)
            });
        }
        let begun = Instant::now();
        if !self.database.outbox_settle(&self.id, turn, &published, &refused).await? {
            self.held.lost(turn);
            return Ok(Moved::Lost);
        }
        self.held.renewed(turn, begun + self.database.trust());
        if stuck && keys.len() > 1 {
            return Err(MoveError::Engine(error));
        }
        if stuck && !batch.more {
            return Err(MoveError::Key(error));
        }
        Ok(match (batch.more, refused.is_empty()) {
            (true, _) => Moved::Some,
            (false, true) => Moved::All,
            (false, false) => Moved::Rest,
        })
    }
}

fn retry_after(attempts: u32) -> Duration {
    FIRST_RETRY.saturating_mul(1 << attempts.min(16)).min(LAST_RETRY)
}
