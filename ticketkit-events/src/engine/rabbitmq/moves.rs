//! Events that leave their place in a queue for another.

use std::time::Duration;

use super::{
    Inner,
    lanes::{Held, Origin},
    names::Names,
};
use crate::engine::{Claim, EngineError};

/// An event that leaves its place for another queue.
pub(super) struct Move {
    pub(super) claim: Claim,
    pub(super) held: Held,
    pub(super) to: To,
}

pub(super) enum To {
    Wait {
        after: Duration,
        failures: u32,
        error: Option<String>,
    },
    Dead {
        failures: u32,
        error: String,
    },
    /// It was redriven and is done.
    Gone,
}

impl Move {
    /// Publishes an event where it goes next; its present place is given up after.
    pub(super) async fn carry_out(&self, inner: &Inner, names: &Names) -> Result<(), EngineError> {
        let held = &self.held;
        let body = || held.envelope.data.clone().into_bytes();
        let place = match held.origin {
            Origin::Parked(place) => Some(place),
            Origin::Delivered(_) => None,
        };
        match &self.to {
            To::Wait { after, failures, error } => {
                let (after, error) = (*after, error.clone());
                inner
                    .send_to_wait(names, &held.properties, body(), after, *failures, error)
                    .await?;
            }
            To::Dead { failures, error } => {
                let (properties, failures) = (&held.properties, *failures);
                inner.send_to_dead(names, properties, body(), place, failures, error).await?;
                if let Some(place) = place {
                    inner.forget_parked(names, place, true).await?;
                }
            }
            To::Gone => {
                if let Some(place) = place {
                    inner.forget_parked(names, place, false).await?;
                }
            }
        }
        Ok(())
    }
}
