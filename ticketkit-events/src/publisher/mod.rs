//! Publishing: one method, and the argument tells where to.
//!
//! | argument | what Ok means |
//! |---|---|
//! | `&mut tx` | a row in the outbox of that transaction: the event is published if, and only if, the transaction commits |
//! | `&bus` | the engine has it, in the meaning of the engine's docs |

mod error;
mod target;

use std::sync::Arc;

pub use self::{error::PublishError, target::Target};
use crate::{Causation, Clock, Envelope, Event, EventId};

/// Publishes the events of one service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Publisher {
    source: Arc<str>,
    clock: Clock,
    causation: Causation,
}

impl Publisher {
    /// Makes the publisher of the service `source`, such as `orders`.
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        Self { source: source.into(), clock: Clock::system(), causation: Causation::default() }
    }

    /// Takes the time of events from a clock of the caller's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Says what causes the events that are published from here on.
    ///
    /// Needed only for the bus: a transaction knows it, in a handler by itself.
    #[must_use]
    pub fn with_causation(mut self, causation: Causation) -> Self {
        self.causation = causation;
        self
    }

    /// Publishes an event: `&mut tx` into the outbox, `&bus` to the engine.
    ///
    /// # Errors
    ///
    /// If the event cannot be written as JSON, or the database or the engine
    /// refuses it.
    pub async fn publish<E: Event>(
        &self,
        target: impl Target,
        event: &E,
    ) -> Result<EventId, PublishError> {
        let envelope = self.envelope(event, target.causation())?;
        let id = envelope.id;
        target.accept(envelope).await?;
        Ok(id)
    }

    pub(crate) fn envelope<E: Event>(
        &self,
        event: &E,
        causation: Option<&Causation>,
    ) -> Result<Envelope, PublishError> {
        let causation = causation.unwrap_or(&self.causation).clone();
        Envelope::new(&self.source, event, self.clock.now(), causation)
            .map_err(|source| PublishError::encode(E::SUBJECT, source))
    }
}
