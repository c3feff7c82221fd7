//! The chassis beyond its first steps.

mod drain;
mod exposition;
mod malformed;
mod observed;
#[cfg(feature = "otel")]
mod otel;
#[cfg(feature = "outgoing")]
mod outgoing;
mod server;
mod upgraded;

use std::time::{Duration, Instant};

/// Of drains that end before it.
const DEADLINE: Duration = Duration::from_secs(10);

/// Waits for what must become true.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
