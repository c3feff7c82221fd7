use std::{fmt, sync::Arc};

use crate::{Envelope, engine::Delivery};

/// What tower layers around handlers see: one attempt to handle one event.
///
/// Cheap to clone; all clones are the same attempt.
#[derive(Clone)]
pub struct EventContext {
    shared: Arc<Shared>,
}

struct Shared {
    envelope: Arc<Envelope>,
    attempt: u32,
    subscription: Arc<str>,
    #[cfg(feature = "sql")]
    slot: crate::sql::slot::Slot,
}

impl EventContext {
    pub(crate) fn new(
        delivery: &Delivery,
        subscription: Arc<str>,
        #[cfg(feature = "sql")] slot: crate::sql::slot::Slot,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                envelope: delivery.envelope.clone(),
                attempt: delivery.attempt,
                subscription,
                #[cfg(feature = "sql")]
                slot,
            }),
        }
    }

    /// Returns the event with its attributes.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.shared.envelope
    }

    /// Returns which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt
    }

    /// Returns the name of the subscription.
    #[must_use]
    pub fn subscription(&self) -> &str {
        &self.shared.subscription
    }

    #[cfg(feature = "sql")]
    pub(crate) fn slot(&self) -> &crate::sql::slot::Slot {
        &self.shared.slot
    }
}

impl fmt::Debug for EventContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventContext")
            .field("subscription", &self.shared.subscription)
            .field("envelope", &self.shared.envelope)
            .field("attempt", &self.shared.attempt)
            .finish()
    }
}
