use std::fmt::Write;

use sqlx::AssertSqlSafe;

use super::{Inner, claim::Claimant, state};
use crate::{
    Timestamp,
    engine::{Outcome, Settlement},
    sql::Tx,
};

impl Inner {
    /// Settles claims in a transaction; a claim that was lost is left alone.
    pub(super) async fn settle(
        &self,
        tx: &mut Tx,
        claimant: &Claimant<'_>,
        settlements: &[Settlement],
    ) -> Result<(), sqlx::Error> {
        let mut done = String::new();
        for settlement in settlements {
            match &settlement.outcome {
                Outcome::Ack => {
                    let separator = if done.is_empty() { "" } else { "," };
                    let claim = settlement.claim;
                    // Writing to a string cannot fail.
                    let _ = write!(done, "{separator}({},{})", claim.place, claim.fence);
                }
                _ => self.set_back(tx, claimant, settlement).await?,
            }
        }
        if !done.is_empty() {
            let delete = format!(
                "delete from ticketkit_deliveries
                 where subscription = $1 and worker = $2 and state = {}
                   and (seq, fence) in (values {done})",
                state::CLAIMED
            );
            // Integers of our own; a text that differs each time is not worth keeping.
            sqlx::query(AssertSqlSafe(delete))
                .persistent(false)
                .bind(claimant.subscription)
                .bind(claimant.worker)
                .execute(tx.conn())
                .await?;
        }
        Ok(())
    }

    async fn set_back(
        &self,
        tx: &mut Tx,
        claimant: &Claimant<'_>,
        settlement: &Settlement,
    ) -> Result<(), sqlx::Error> {
        let now = self.database.now();
        let (next, due, failures, error, parked) = match &settlement.outcome {
            Outcome::Retry { after, error } => {
                (state::READY, Some(now + *after), 1, Some(error), None)
            }
            Outcome::Defer { after } => (state::READY, Some(now + *after), 0, None, None),
            Outcome::Park { error } => (state::PARKED, None, 1, Some(error), Some(now)),
            Outcome::Ack | Outcome::Release => (state::READY, None, 0, None, None),
        };
        sqlx::query(
            "update ticketkit_deliveries
             set state = $5, due_at = $6, failures = failures + $7,
                 error = coalesce($8, error), parked_at = $9, worker = null
             where subscription = $1 and seq = $2 and worker = $3 and fence = $4 and state = 1",
        )
        .bind(claimant.subscription)
        .bind(settlement.claim.place)
        .bind(claimant.worker)
        .bind(settlement.claim.fence)
        .bind(next)
        .bind(due.map_or(0, Timestamp::as_millis))
        .bind(failures)
        .bind(error.cloned())
        .bind(parked.map(Timestamp::as_millis))
        .execute(tx.conn())
        .await?;
        Ok(())
    }
}
