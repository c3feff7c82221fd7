//! Publishing: one method, and the argument tells where to.
//!
//! | argument | what Ok means |
//! |---|---|
//! | `&mut tx` | a row in the outbox of that transaction: the event is published if, and only if, the transaction commits |
//! | `&bus` | the engine has it, in the meaning of the engine's docs |
//!
//! With the feature `sql` an event can be published later, too: a schedule is a row of the service's
//! database, in a transaction (`&mut tx`) or at once (`&database`). So it survives restarts on every
//! engine, and `&bus`, which has no rows, does not compile there.

mod error;
#[cfg(feature = "sql")]
mod schedule;
mod target;

use std::sync::Arc;

#[cfg(feature = "sql")]
pub use self::schedule::ScheduleTarget;
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
        let envelope = self.wrap(event, target.causation())?;
        let id = envelope.id;
        target.accept(&[envelope]).await?;
        Ok(id)
    }

    /// Publishes events together, in their order; returns their ids.
    ///
    /// In a transaction it is all of them or none; on PostgreSQL a statement takes a hundred. An
    /// engine takes them in one go, which is faster than one after the other; it may take some and not
    /// others, see [`PublishError::untaken`].
    ///
    /// # Errors
    ///
    /// If one of them cannot be written as JSON, and then none is published; or if the database or
    /// the engine refuses them.
    pub async fn publish_all<'a, E: Event>(
        &self,
        target: impl Target,
        events: impl IntoIterator<Item = &'a E, IntoIter: Send> + Send,
    ) -> Result<Vec<EventId>, PublishError> {
        let envelopes = {
            let causation = target.causation();
            let envelopes = events.into_iter().map(|event| self.wrap(event, causation));
            envelopes.collect::<Result<Vec<_>, _>>()?
        };
        if !envelopes.is_empty() {
            target.accept(&envelopes).await?;
        }
        Ok(envelopes.iter().map(|envelope| envelope.id).collect())
    }

    /// Wraps an event, caused by what [`with_causation`](Self::with_causation) says, as if it were
    /// published now.
    ///
    /// For what is decided in one place and written in another, such as a transaction that several
    /// requests share: `Tx::publish_envelopes` publishes it, by its id, time and trace of here.
    ///
    /// # Errors
    ///
    /// If the event cannot be written as JSON.
    pub fn envelope<E: Event>(&self, event: &E) -> Result<Envelope, PublishError> {
        self.wrap(event, None)
    }

    pub(crate) fn wrap<E: Event>(
        &self,
        event: &E,
        causation: Option<&Causation>,
    ) -> Result<Envelope, PublishError> {
        let mut causation = causation.unwrap_or(&self.causation).clone();
        causation.continue_trace();
        Envelope::new(&self.source, event, self.clock.now(), causation)
            .map_err(|source| PublishError::encode(E::SUBJECT, source))
    }
}
