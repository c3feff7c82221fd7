use std::time::Duration;

/// What can be set of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a ticket stays locked for its buyer; 15 minutes by default.
    pub hold: Duration,
    /// How often open orders whose hold is over are looked for; 5 s by default.
    pub sweep_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hold: Duration::from_secs(900), sweep_every: Duration::from_secs(5) }
    }
}
