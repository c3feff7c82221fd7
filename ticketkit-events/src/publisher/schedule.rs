//! Publishing later.

use std::time::Duration;

use super::{PublishError, Publisher};
use crate::{
    Causation, Envelope, Event, EventId, Timestamp,
    sql::{Database, Tx},
};

/// Where a schedule is kept: `&mut Tx` or `&Database`.
///
/// Sealed: these are all there are.
pub trait ScheduleTarget: sealed::ScheduleTarget {}

impl<T: sealed::ScheduleTarget> ScheduleTarget for T {}

mod sealed {
    use super::{Causation, Envelope, Timestamp};

    // Here, for the compiler reports the trait whose impl is missing.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` keeps no schedules",
        label = "must be `&mut tx`, a transaction, or `&database`",
        note = "a schedule is a row of the service's database, so that it survives restarts on every engine",
        note = "`publish_at(&mut tx, …)` schedules with the transaction, `publish_at(&database, …)` at once"
    )]
    pub trait ScheduleTarget: Send {
        fn causation(&self) -> Option<&Causation>;

        fn schedule(
            self,
            envelope: &Envelope,
            at: Timestamp,
            cancel_key: &str,
        ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

        fn unschedule(
            self,
            cancel_key: &str,
        ) -> impl Future<Output = Result<bool, sqlx::Error>> + Send;
    }
}

impl Publisher {
    /// Publishes an event at a time to come, or at once if it has passed.
    ///
    /// The schedule is a row: of the transaction for `&mut tx`, of one of its own for `&database`. It
    /// survives restarts and never fires early; the [`Relay`](crate::sql::Relay) of the database
    /// publishes it. `cancel_key` names it: an earlier schedule of the same key in the same database
    /// is replaced. The time of the event is when it was due.
    ///
    /// # Errors
    ///
    /// If the event cannot be written as JSON, or the database refuses it.
    pub async fn publish_at<E: Event>(
        &self,
        target: impl ScheduleTarget,
        event: &E,
        at: impl Into<Timestamp> + Send,
        cancel_key: &str,
    ) -> Result<EventId, PublishError> {
        let at = at.into();
        let mut envelope = self.wrap(event, target.causation())?;
        envelope.time = at;
        target.schedule(&envelope, at, cancel_key).await.map_err(PublishError::database)?;
        Ok(envelope.id)
    }

    /// Publishes an event when this much time has passed; as [`publish_at`](Self::publish_at).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn publish_after<E: Event>(
        &self,
        target: impl ScheduleTarget,
        event: &E,
        delay: Duration,
        cancel_key: &str,
    ) -> Result<EventId, PublishError> {
        self.publish_at(target, event, self.clock.now() + delay, cancel_key).await
    }

    /// Takes back what was scheduled under `cancel_key`; returns false if there was nothing, or it has
    /// left.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn cancel(
        &self,
        target: impl ScheduleTarget,
        cancel_key: &str,
    ) -> Result<bool, PublishError> {
        target.unschedule(cancel_key).await.map_err(PublishError::database)
    }
}

impl sealed::ScheduleTarget for &mut Tx {
    fn causation(&self) -> Option<&Causation> {
        Tx::causation(self)
    }

    async fn schedule(
        self,
        envelope: &Envelope,
        at: Timestamp,
        cancel_key: &str,
    ) -> Result<(), sqlx::Error> {
        Tx::schedule(self, envelope, at, cancel_key).await
    }

    async fn unschedule(self, cancel_key: &str) -> Result<bool, sqlx::Error> {
        Tx::unschedule(self, cancel_key).await
    }
}

impl sealed::ScheduleTarget for &Database {
    fn causation(&self) -> Option<&Causation> {
        None
    }

    async fn schedule(
        self,
        envelope: &Envelope,
        at: Timestamp,
        cancel_key: &str,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        tx.schedule(envelope, at, cancel_key).await?;
        tx.commit().await
    }

    async fn unschedule(self, cancel_key: &str) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let found = tx.unschedule(cancel_key).await?;
        tx.commit().await?;
        Ok(found)
    }
}
