//! Where the transaction of a handler is while the handler does not have it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Database, Tx, inbox, tx::Parts};
use crate::{Causation, EventId, HandlerError, engine::Delivery};

/// The place of one delivery's transaction: the extractor takes it from here, its
/// drop brings it back, and the runner commits it.
#[derive(Clone)]
pub(crate) struct Slot {
    inner: Arc<Inner>,
}

struct Inner {
    database: Option<Database>,
    subscription: Arc<str>,
    event: EventId,
    place: Mutex<Place>,
}

enum Place {
    /// It was not begun, or rolled back.
    Empty,
    /// A handler has it.
    Lent,
    /// It came back.
    Back(Parts),
}

impl Slot {
    pub(crate) fn new(
        database: Option<Database>,
        subscription: Arc<str>,
        delivery: &Delivery,
    ) -> Self {
        let (event, place) = (delivery.envelope.id, Mutex::new(Place::Empty));
        Self { inner: Arc::new(Inner { database, subscription, event, place }) }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        // Nothing panics while it is held; and a place is valid at any time.
        self.inner.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the transaction with the inbox row.
    pub(crate) async fn lend(&self, causation: Causation) -> Result<Tx, HandlerError> {
        let Some(database) = &self.inner.database else {
            return Err(HandlerError::permanent("the subscription has no database"));
        };
        let before = {
            let mut place = self.place();
            if matches!(*place, Place::Lent) {
                return Err(HandlerError::permanent(
                    "the handler's transaction is taken: a handler takes one `Tx`",
                ));
            }
            std::mem::replace(&mut *place, Place::Empty)
        };
        // A layer that calls again: the attempt before was cut off.
        if let Place::Back(parts) = before {
            parts.roll_back().await?;
        }
        let mut tx = database.begin().await?;
        let first =
            inbox::insert(tx.conn(), &self.inner.subscription, self.inner.event, database.now())
                .await?;
        if !first {
            tx.rollback().await?;
            return Err(HandlerError::handled());
        }
        *self.place() = Place::Lent;
        Ok(tx.lend(self.clone(), causation))
    }

    pub(crate) fn give_back(&self, parts: Parts) {
        *self.place() = Place::Back(parts);
    }

    /// Rolls back what a failed handler left, so that the writer is free at once.
    pub(crate) async fn roll_back(&self) {
        let place = std::mem::replace(&mut *self.place(), Place::Empty);
        if let Place::Back(parts) = place
            && let Err(error) = parts.roll_back().await
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "the rollback failed");
        }
    }

    /// Returns whether the inbox has the event, for handlers without a transaction.
    pub(crate) async fn was_handled(&self) -> Result<bool, HandlerError> {
        match &self.inner.database {
            Some(database) => {
                Ok(inbox::contains(database.reader(), &self.inner.subscription, self.inner.event)
                    .await?)
            }
            None => Ok(false),
        }
    }

    /// Commits the transaction, or, where the handler took none, the inbox row alone.
    pub(crate) async fn finish(&self) -> Result<(), crate::BoxError> {
        let place = std::mem::replace(&mut *self.place(), Place::Empty);
        match place {
            Place::Back(parts) => parts.commit().await?,
            Place::Lent => {
                return Err("the handler has returned and kept its transaction".into());
            }
            Place::Empty => {
                if let Some(database) = &self.inner.database {
                    let mut tx = database.begin().await?;
                    inbox::insert(
                        tx.conn(),
                        &self.inner.subscription,
                        self.inner.event,
                        database.now(),
                    )
                    .await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(())
    }
}
