//! The outbox as the relay settles it, and its figures.

use sqlx::{AssertSqlSafe, Row};

use super::{Database, Durability, batch::Refused, relay::Turn};
use crate::Timestamp;

/// The figures of an outbox at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxStats {
    /// Events that are committed and not on the bus yet.
    pub pending: u64,
    /// Of these, events that the engine refused at least once.
    pub failing: u64,
    /// When the oldest pending event happened.
    pub oldest: Option<Timestamp>,
    /// Events that wait for their time.
    pub scheduled: u64,
}

/// What became of the rows of a partition that a worker had.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) turn: Turn,
    /// What the engine has.
    pub(crate) published: Vec<i64>,
    pub(crate) refused: Vec<Refused>,
}

impl Database {
    /// Returns the figures of the outbox.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub async fn outbox_stats(&self) -> Result<OutboxStats, sqlx::Error> {
        let row = sqlx::query(
            "select
                 (select count(*) from ticketkit_outbox) as pending,
                 (select count(*) from ticketkit_outbox where attempts > 0) as failing,
                 (select min(time) from ticketkit_outbox) as oldest,
                 (select count(*) from ticketkit_schedules) as scheduled",
        )
        .fetch_one(self.reader())
        .await?;
        let count = |name: &str| row.try_get(name).map(|n: i64| u64::try_from(n).unwrap_or(0));
        Ok(OutboxStats {
            pending: count("pending")?,
            failing: count("failing")?,
            oldest: row.try_get::<Option<i64>, _>("oldest")?.map(Timestamp::from_millis),
            scheduled: count("scheduled")?,
        })
    }

    /// Deletes what the engine has, and marks what it refused; returns the partitions of which it
    /// did: in those that another relay has it does neither.
    ///
    /// Relaxed: what a power cut brings back is published again under its id.
    pub(crate) async fn outbox_settle<'a>(
        &self,
        relay: &str,
        outcomes: impl Iterator<Item = &'a Outcome> + Clone,
    ) -> Result<Vec<u8>, sqlx::Error> {
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        let turns: Vec<Turn> = outcomes.clone().map(|outcome| outcome.turn).collect();
        // First: until the commit nobody takes the partitions.
        let kept = self.renew_leases(&mut tx, relay, &turns).await?;
        if kept.is_empty() {
            tx.rollback().await?;
            return Ok(kept);
        }
        let ours = || outcomes.clone().filter(|outcome| kept.contains(&outcome.turn.partition));
        let published: Vec<String> = ours()
            .filter(|outcome| !outcome.published.is_empty())
            .map(|outcome| self.dialect().rows(outcome.turn.partition, &among(&outcome.published)))
            .collect();
        if !published.is_empty() {
            let delete = format!("delete from ticketkit_outbox where {}", published.join(" or "));
            // Integers of our own; a text that differs each time is not worth keeping.
            sqlx::query(AssertSqlSafe(delete)).persistent(false).execute(tx.conn()).await?;
        }
        for outcome in ours() {
            for row in &outcome.refused {
                sqlx::query(
                    "update ticketkit_outbox set attempts = attempts + 1, due_at = $3, error = $4
                     where partition = $1 and seq = $2",
                )
                .bind(i64::from(outcome.turn.partition))
                .bind(row.seq)
                .bind((self.now() + row.after).as_millis())
                .bind(row.error.clone())
                .execute(tx.conn())
                .await?;
            }
        }
        tx.commit().await?;
        Ok(kept)
    }

    /// Returns when the next schedule, or the next try of a refused event, is due.
    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>, sqlx::Error> {
        let row = sqlx::query(
            "select
                 (select min(publish_at) from ticketkit_schedules) as schedule,
                 (select min(due_at) from ticketkit_outbox where due_at > 0 and due_at > 0 + $1) as retry",
        )
        .bind(self.now().as_millis())
        .fetch_one(self.reader())
        .await?;
        let at = |name: &str| row.try_get::<Option<i64>, _>(name);
        Ok(at("schedule")?.into_iter().chain(at("retry")?).min().map(Timestamp::from_millis))
    }
}

/// Writes the condition that `seq` is one of some numbers: as ranges where most are neighbours, which
/// are sooner read and found.
fn among(numbers: &[i64]) -> String {
    const NEIGHBOURS: usize = 4;
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    let ranges: Vec<String> = numbers
        .chunk_by(|one, next| one + 1 == *next)
        .map(|run| format!("seq between {} and {}", run[0], run[run.len() - 1]))
        .collect();
    if ranges.len() * NEIGHBOURS <= numbers.len() {
        ranges.join(" or ")
    } else {
        format!("seq in ({})", list(&numbers))
    }
}

/// Writes integers as a list for SQL: the `Any` driver binds no arrays.
pub(crate) fn list(numbers: &[i64]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_a_range() {
        assert_eq!(among(&[4, 3, 5, 6]), "seq between 3 and 6");
        assert_eq!(
            among(&[1, 2, 3, 4, 11, 12, 13, 14]),
            "seq between 1 and 4 or seq between 11 and 14"
        );
        assert_eq!(among(&[7, 5, 6]), "seq in (5,6,7)");
        assert_eq!(among(&[1, 2, 3, 4, 11]), "seq in (1,2,3,4,11)");
    }
}
