//! The inbox: which events a subscription has handled.
//!
//! A handler with a [`Tx`] has its row in that transaction, with its effects: one
//! statement for several deliveries would be one transaction for them, in which a slow handler keeps
//! the effects of others from being seen, its locks are held until the last is done, and two that
//! never met can end in a deadlock. What has no effects beside it is shared: the rows of handlers
//! without a transaction, and looks for duplicates.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sqlx::{AssertSqlSafe, Row};
use tracing::warn;

use super::{Database, Durability, Tx, gather::Gather};
use crate::{EventId, Timestamp};

/// Long enough for an event that was parked on a Friday and redriven on a Monday,
/// and for a backup of the engine that is played back.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// So that a sweep after a long pause does not hold the writer for long.
const SWEEP_BATCH: i64 = 5000;

/// The inbox of one subscription; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Inbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    subscription: String,
    looks: Gather<EventId, ()>,
    notes: Gather<EventId, ()>,
}

impl Inbox {
    pub(crate) fn new(database: &Database, subscription: &str) -> Self {
        let at_once = database.dialect().shared_at_once();
        Self {
            inner: Arc::new(Inner {
                database: database.clone(),
                subscription: subscription.to_owned(),
                looks: Gather::new(at_once),
                notes: Gather::new(at_once),
            }),
        }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Records the event in the transaction of its effects; returns false if it was recorded before.
    pub(crate) async fn insert(&self, tx: &mut Tx, event: EventId) -> Result<bool, sqlx::Error> {
        self.inner.insert(tx, event).await
    }

    /// Returns whether the event is recorded.
    pub(crate) async fn contains(&self, event: EventId) -> Result<bool, sqlx::Error> {
        let inner = &self.inner;
        inner.looks.run(event, |events| inner.look(events)).await.map(|found| found.is_some())
    }

    /// Records an event that has no effects in the database.
    pub(crate) async fn note(&self, event: EventId) -> Result<(), sqlx::Error> {
        let inner = &self.inner;
        inner.notes.run(event, |events| inner.note(events)).await.map(drop)
    }

    /// Sweeps it now and then, for ever.
    pub(crate) async fn keep_swept(&self) {
        let (database, subscription) = (&self.inner.database, &self.inner.subscription);
        loop {
            // From its beginning: a clock that is moved meanwhile has moved.
            let next = database.now() + SWEEP_EVERY;
            match database.sweep_inbox(subscription).await {
                Ok(SWEEP_BATCH..) => {}
                Ok(_) => database.clock().sleep_until(next).await,
                Err(error) => {
                    warn!(
                        subscription,
                        error = &error as &dyn std::error::Error,
                        "the inbox was not swept"
                    );
                    database.clock().sleep_until(next).await;
                }
            }
        }
    }
}

impl Inner {
    /// Returns those of the events that are recorded.
    async fn look(&self, events: Vec<EventId>) -> Result<HashMap<EventId, ()>, sqlx::Error> {
        let rows = if let [event] = events[..] {
            sqlx::query(
                "select event_id from ticketkit_inbox where subscription = $1 and event_id = $2",
            )
            .bind(self.subscription.clone())
            .bind(event.to_string())
            .fetch_all(self.database.reader())
            .await?
        } else {
            let query = format!(
                "select event_id from ticketkit_inbox
                 where subscription = $1 and event_id in ({})",
                listed(&events, |id| format!("'{id}'"))
            );
            // Ids of a form of our own; a text that differs each time is not worth keeping.
            sqlx::query(AssertSqlSafe(query))
                .persistent(false)
                .bind(self.subscription.clone())
                .fetch_all(self.database.reader())
                .await?
        };
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            // What is no id is none of these.
            let id = row.try_get::<String, _>("event_id")?.parse::<EventId>();
            found.extend(id.map(|id| (id, ())));
        }
        Ok(found)
    }

    async fn insert(&self, tx: &mut Tx, event: EventId) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "insert into ticketkit_inbox (subscription, event_id, handled_at)
             values ($1, $2, $3)
             on conflict (subscription, event_id) do nothing",
        )
        .bind(self.subscription.clone())
        .bind(event.to_string())
        .bind(self.database.now().as_millis())
        .execute(tx.conn())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Records the events, which are sorted, in a transaction; says nothing of which are new.
    async fn note(&self, events: Vec<EventId>) -> Result<HashMap<EventId, ()>, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        if let [event] = events[..] {
            self.insert(&mut tx, event).await?;
        } else {
            // Two who record the same in another order would wait for each other.
            debug_assert!(events.is_sorted());
            let insert = format!(
                "insert into ticketkit_inbox (subscription, event_id, handled_at)
                 values {}
                 on conflict (subscription, event_id) do nothing",
                listed(&events, |id| format!("($1, '{id}', $2)"))
            );
            sqlx::query(AssertSqlSafe(insert))
                .persistent(false)
                .bind(self.subscription.clone())
                .bind(self.database.now().as_millis())
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await?;
        Ok(HashMap::new())
    }
}

fn listed(events: &[EventId], form: impl Fn(&EventId) -> String) -> String {
    events.iter().map(form).collect::<Vec<_>>().join(", ")
}

impl Database {
    /// Deletes a batch of rows that are older than the retention; returns how many.
    async fn sweep_inbox(&self, subscription: &str) -> Result<i64, sqlx::Error> {
        let before: Timestamp = self.now() - RETENTION;
        let due = sqlx::query(
            "select event_id from ticketkit_inbox
             where subscription = $1 and handled_at < $2 limit 1",
        )
        .bind(subscription)
        .bind(before.as_millis())
        .fetch_optional(self.reader())
        .await?;
        if due.is_none() {
            return Ok(0);
        }
        let mut tx = self.begin_with(Durability::Relaxed).await?;
        let done = sqlx::query(
            "delete from ticketkit_inbox
             where subscription = $1 and event_id in (
                 select event_id from ticketkit_inbox
                 where subscription = $1 and handled_at < $2
                 order by handled_at limit 0 + $3
             )",
        )
        .bind(subscription)
        .bind(before.as_millis())
        .bind(SWEEP_BATCH)
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(i64::try_from(done.rows_affected()).unwrap_or(SWEEP_BATCH))
    }
}
