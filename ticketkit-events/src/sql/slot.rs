//! Where the transaction of a handler is while the handler does not have it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Tx, inbox::Inbox, tx::Parts};
use crate::{Causation, EventId, HandlerError, engine::Delivery};

/// The place of one delivery's transaction: the extractor takes it from here, its
/// drop brings it back, and the runner commits it.
#[derive(Clone)]
pub(crate) struct Slot {
    inner: Arc<Inner>,
}

struct Inner {
    inbox: Option<Inbox>,
    event: EventId,
    /// Whether a consumer died while it held the event, and may have handled it.
    returned: bool,
    place: Mutex<Place>,
}

enum Place {
    /// It was not begun, or rolled back.
    Empty,
    /// A handler has it.
    Lent,
    /// It came back.
    Back(Parts),
    /// None is needed: the inbox has the event.
    Handled,
}

impl Slot {
    pub(crate) fn new(inbox: Option<Inbox>, delivery: &Delivery) -> Self {
        let (event, returned) = (delivery.envelope.id, delivery.crashes > 0);
        let place = Mutex::new(Place::Empty);
        Self { inner: Arc::new(Inner { inbox, event, returned, place }) }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        // Nothing panics while it is held; and a place is valid at any time.
        self.inner.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the transaction with the inbox row.
    pub(crate) async fn lend(&self, causation: Causation) -> Result<Tx, HandlerError> {
        let Some(inbox) = &self.inner.inbox else {
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
        // Many of what a dead process held were handled and not settled: a look that they share
        // spares them a transaction each.
        if self.inner.returned && inbox.contains(self.inner.event).await? {
            return Err(self.handled());
        }
        let mut tx = inbox.database().begin().await?;
        if !inbox.insert(&mut tx, self.inner.event).await? {
            tx.rollback().await?;
            return Err(self.handled());
        }
        *self.place() = Place::Lent;
        Ok(tx.lend(self.clone(), causation))
    }

    fn handled(&self) -> HandlerError {
        *self.place() = Place::Handled;
        HandlerError::handled()
    }

    pub(crate) fn give_back(&self, parts: Parts) {
        *self.place() = Place::Back(parts);
    }

    /// Rolls back what a failed handler left, so that the writer is free at once.
    pub(crate) async fn roll_back(&self) {
        let left = {
            let mut place = self.place();
            if matches!(*place, Place::Handled) {
                return;
            }
            std::mem::replace(&mut *place, Place::Empty)
        };
        if let Place::Back(parts) = left
            && let Err(error) = parts.roll_back().await
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "the rollback failed");
        }
    }

    /// Returns an error if the inbox has the event, for handlers without a transaction.
    pub(crate) async fn check(&self) -> Result<(), HandlerError> {
        match &self.inner.inbox {
            Some(inbox) if inbox.contains(self.inner.event).await? => Err(self.handled()),
            _ => Ok(()),
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
            Place::Handled => {}
            Place::Empty => {
                if let Some(inbox) = &self.inner.inbox {
                    inbox.note(self.inner.event).await?;
                }
            }
        }
        Ok(())
    }
}
