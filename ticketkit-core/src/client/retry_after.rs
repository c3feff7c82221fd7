use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use super::date;

/// When another attempt is worth while, as a server says it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ticketkit_core::client::RetryAfter;
///
/// let later = RetryAfter::parse("120").unwrap();
/// assert_eq!(later.delay(SystemTime::now()), Duration::from_secs(120));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long after the answer.
    Delay(Duration),
    /// At this time of the server's clock.
    At(SystemTime),
}

impl RetryAfter {
    /// Reads the value of the header: seconds, or a date of HTTP.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
            // Digits that no number holds mean: not in our lifetime.
            return Some(Self::Delay(Duration::from_secs(value.parse().unwrap_or(u64::MAX))));
        }
        date::parse(value).map(Self::At)
    }

    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(header::RETRY_AFTER)?.to_str().ok()?)
    }

    /// Returns how long to wait from `now` on; nothing for a time that is over.
    #[must_use]
    pub fn delay(self, now: SystemTime) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::At(time) => time.duration_since(now).unwrap_or_default(),
        }
    }
}
