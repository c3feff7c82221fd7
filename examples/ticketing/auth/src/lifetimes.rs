use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long a session lasts without use; browsers keep its cookies as long.
pub(crate) const IDLE: Duration = DAY.saturating_mul(7);

/// How long a session lasts at most.
pub(crate) const ABSOLUTE: Duration = DAY.saturating_mul(30);
