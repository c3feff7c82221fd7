use std::time::Duration;

/// What can be set of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a ticket stays locked for its buyer; 15 minutes by default.
    pub hold: Duration,
    /// How often it is looked for open orders whose hold has been over for as long, without a timer
    /// having ended them; 2 s by default.
    pub sweep_every: Duration,
    /// How often a stream gets a comment, so that nobody on the way takes the connection for dead; 15 s
    /// by default.
    pub keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(900),
            sweep_every: Duration::from_secs(2),
            keep_alive: Duration::from_secs(15),
        }
    }
}
