use std::time::Duration;

/// What can be set of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an order waits for the end of the order before it, counted from when it was
    /// placed; 5 s by default. See the handler of `order.created`.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { patience: Duration::from_secs(5) }
    }
}
