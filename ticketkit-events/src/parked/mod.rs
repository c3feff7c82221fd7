//! Events that could not be handled.
//!
//! An event is parked after its last attempt, or at once if it can never succeed.
//! Where a subscription is ordered, later events of its key wait behind it.
//!
//! ```
//! # async fn operate(bus: ticketkit_events::Bus) -> Result<(), ticketkit_events::engine::EngineError> {
//! for parked in bus.parked().list("tickets", None, 50).await? {
//!     println!("{} {}: {}", parked.envelope.kind, parked.envelope.id, parked.error);
//!     bus.parked().redrive("tickets", parked.envelope.id).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! With the feature `axum`, the module `http` has routes that do the same.

#[cfg(feature = "axum")]
pub mod http;

use std::sync::Arc;

use crate::{Bus, Envelope, EventId, Timestamp, engine::EngineError};

/// The place of a parked event in the list of its subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParkedId(pub i64);

impl std::str::FromStr for ParkedId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// An event that is parked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ParkedEvent {
    /// Its place in the list, for paging.
    pub id: ParkedId,
    /// The subscription that could not handle it.
    pub subscription: String,
    /// The event.
    pub envelope: Arc<Envelope>,
    /// What went wrong the last time.
    pub error: String,
    /// How many attempts were made.
    pub attempts: u32,
    /// When it was parked.
    pub parked_at: Timestamp,
}

/// The parked events of a [`Bus`].
#[derive(Clone, Debug)]
pub struct ParkedEvents {
    bus: Bus,
}

impl ParkedEvents {
    pub(crate) fn new(bus: Bus) -> Self {
        Self { bus }
    }

    /// Lists up to `limit` parked events of a subscription, oldest first.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn list(
        &self,
        subscription: &str,
        after: Option<ParkedId>,
        limit: usize,
    ) -> Result<Vec<ParkedEvent>, EngineError> {
        self.bus.engine().parked(subscription, after, limit).await
    }

    /// Returns one parked event.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn find(
        &self,
        subscription: &str,
        event: EventId,
    ) -> Result<Option<ParkedEvent>, EngineError> {
        let mut after = None;
        loop {
            let page = self.list(subscription, after, 100).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            if let Some(found) = page.into_iter().find(|parked| parked.envelope.id == event) {
                return Ok(Some(found));
            }
        }
    }

    /// Makes one parked event ready again; returns whether it was there.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn redrive(&self, subscription: &str, event: EventId) -> Result<bool, EngineError> {
        Ok(self.bus.engine().redrive(subscription, Some(event)).await? > 0)
    }

    /// Makes all parked events of a subscription ready again; returns how many.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn redrive_all(&self, subscription: &str) -> Result<u64, EngineError> {
        self.bus.engine().redrive(subscription, None).await
    }

    /// Makes some parked events ready again; returns how many of them were there.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached; some may be ready again then.
    pub async fn redrive_some(
        &self,
        subscription: &str,
        events: &[EventId],
    ) -> Result<u64, EngineError> {
        let mut count = 0;
        for event in events {
            count += self.bus.engine().redrive(subscription, Some(*event)).await?;
        }
        Ok(count)
    }

    /// Forgets one parked event; returns whether it was there.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn discard(&self, subscription: &str, event: EventId) -> Result<bool, EngineError> {
        Ok(self.bus.engine().discard(subscription, Some(event)).await? > 0)
    }

    /// Forgets some parked events; returns how many of them were there.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached; some may be gone then.
    pub async fn discard_some(
        &self,
        subscription: &str,
        events: &[EventId],
    ) -> Result<u64, EngineError> {
        let mut count = 0;
        for event in events {
            count += self.bus.engine().discard(subscription, Some(*event)).await?;
        }
        Ok(count)
    }

    /// Forgets all parked events of a subscription; returns how many.
    ///
    /// # Errors
    ///
    /// If the engine cannot be reached.
    pub async fn discard_all(&self, subscription: &str) -> Result<u64, EngineError> {
        self.bus.engine().discard(subscription, None).await
    }
}
