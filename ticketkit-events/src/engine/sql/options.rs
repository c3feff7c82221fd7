use std::time::Duration;

/// What a SQL engine keeps of events that every subscription has handled.
///
/// | setting | default |
/// |---|---|
/// | [`retain_for`](Self::retain_for) | a day |
/// | [`retain_bytes`](Self::retain_bytes) | no limit |
/// | [`drop_unhandled`](Self::drop_unhandled) | what a subscription has not handled is kept |
///
/// ```
/// use std::time::Duration;
/// use ticketkit_events::{Bus, Clock, engine::sql::{SqlEngine, SqlOptions}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite://{}", folder.path().join("events.db").display());
/// let a_week = Duration::from_secs(7 * 24 * 3600);
/// let options = SqlOptions::default().retain_for(a_week).retain_bytes(1 << 30);
/// let bus = Bus::new(SqlEngine::open_with(&url, options, Clock::system()).await?);
/// # Ok(())
/// # }
/// ```
///
/// Whichever limit is reached first counts; the oldest go first. Processes that share a database
/// should have the same settings: each sweeps by its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SqlOptions {
    pub(super) retain_for: Duration,
    pub(super) retain_bytes: Option<u64>,
    pub(super) drop_unhandled: bool,
}

impl Default for SqlOptions {
    fn default() -> Self {
        let retain_for = Duration::from_secs(24 * 3600);
        Self { retain_for, retain_bytes: None, drop_unhandled: false }
    }
}

impl SqlOptions {
    /// Keeps events for this long after they were published, so that a new subscription can replay
    /// them.
    pub fn retain_for(mut self, age: Duration) -> Self {
        self.retain_for = age;
        self
    }

    /// Keeps events up to this many bytes of data in all, of which the rest of a row is no part.
    ///
    /// It is looked at every five minutes, and whenever a process has published an eighth of it.
    /// Events that a subscription has not handled count, and are kept: with a subscription that
    /// nobody runs the database grows beyond the limit.
    pub fn retain_bytes(mut self, limit: u64) -> Self {
        self.retain_bytes = Some(limit);
        self
    }

    /// Lets both limits drop events that subscriptions **have not handled**, and parked ones too:
    /// for what is worth nothing when it is old.
    ///
    /// What is dropped is said in the log, with how many deliveries were lost. One that is being
    /// handled at that moment is handled to its end.
    pub fn drop_unhandled(mut self) -> Self {
        self.drop_unhandled = true;
        self
    }
}
