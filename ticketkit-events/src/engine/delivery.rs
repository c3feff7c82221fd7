use std::{sync::Arc, time::Duration};

use crate::Envelope;

/// An event that a consumer has claimed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The event.
    pub envelope: Arc<Envelope>,
    /// Which attempt this is, from 1: one more than failures were counted.
    pub attempt: u32,
    /// How often a consumer died, or lost its lease, while it held the event.
    pub crashes: u32,
    /// The engine's own name of the claim.
    pub claim: Claim,
}

/// Names one claim of one event, so that a late settlement of an earlier claim
/// does nothing (fencing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The place of the event in its subscription.
    pub place: i64,
    /// Rises with every claim of the event.
    pub fence: i64,
}

impl Delivery {
    /// Makes a delivery, as engines do.
    #[must_use]
    pub fn new(envelope: Arc<Envelope>, attempt: u32, crashes: u32, claim: Claim) -> Self {
        Self { envelope, attempt, crashes, claim }
    }
}

/// What became of a delivery.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The claim that it settles.
    pub claim: Claim,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a delivery.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done.
    Ack,
    /// It failed and is tried again after a while; the failure counts.
    Retry {
        /// How long to wait.
        after: Duration,
        /// What went wrong, for operators.
        error: String,
    },
    /// It is not its turn: tried again after a while, nothing is counted.
    Defer {
        /// How long to wait.
        after: Duration,
    },
    /// It was not tried: ready at once, nothing is counted.
    Release,
    /// It is parked until somebody redrives or discards it.
    Park {
        /// What went wrong, for operators.
        error: String,
    },
}
