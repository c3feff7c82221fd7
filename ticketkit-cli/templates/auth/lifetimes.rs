use std::time::Duration;

use ticketkit_events::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long a session lasts without use; browsers keep its cookies as long.
pub(crate) const IDLE: Duration = DAY.saturating_mul(7);

/// How long a session lasts at most.
pub(crate) const ABSOLUTE: Duration = DAY.saturating_mul(30);

/// The times, in milliseconds since 1970, at and before which a session has ended by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Oldest {
    pub(crate) used_at: i64,
    pub(crate) created_at: i64,
}

impl Oldest {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { used_at: (now - IDLE).as_millis(), created_at: (now - ABSOLUTE).as_millis() }
    }
}
