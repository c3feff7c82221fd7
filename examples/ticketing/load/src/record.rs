//! The answers: what was asked, when, how long it took, what came of it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is a route, by its name")]
pub enum Kind {
    SignUp,
    Refresh,
    Browse,
    Sell,
    Order,
    ReadOrder,
    Pay,
    Cancel,
    Check,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::SignUp,
        Self::Refresh,
        Self::Browse,
        Self::Sell,
        Self::Order,
        Self::ReadOrder,
        Self::Pay,
        Self::Cancel,
        Self::Check,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SignUp => "sign up",
            Self::Refresh => "refresh",
            Self::Browse => "browse",
            Self::Sell => "sell",
            Self::Order => "order",
            Self::ReadOrder => "read order",
            Self::Pay => "pay",
            Self::Cancel => "cancel",
            Self::Check => "check books",
        })
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer, whatever it says.
    Answered(StatusCode),
    /// None.
    NoAnswer,
}

impl Outcome {
    /// Tells whether the system failed: a refusal is no failure.
    #[must_use]
    pub fn is_failure(self) -> bool {
        match self {
            Self::Answered(status) => status.is_server_error(),
            Self::NoAnswer => true,
        }
    }
}

/// One answer.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What was asked.
    pub kind: Kind,
    /// When, from the beginning of the record.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// All answers. Clones share them.
#[derive(Debug, Clone)]
pub struct Record(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    samples: Mutex<Vec<Sample>>,
}

impl Record {
    /// Begins a record now.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner { began: Instant::now(), samples: Mutex::default() }))
    }

    pub(crate) fn note(&self, kind: Kind, began: Instant, took: Duration, outcome: Outcome) {
        let at = began.saturating_duration_since(self.0.began);
        self.lock().push(Sample { kind, at, took, outcome });
    }

    /// How long it goes on.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// Returns the answers from an index on.
    #[must_use]
    pub fn since(&self, index: usize) -> Vec<Sample> {
        self.lock().get(index..).map(<[Sample]>::to_vec).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.0.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the value that a part of all values, from 0 to 1, does not exceed; zero if there are none.
#[must_use]
pub fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    // An index: the part of a length that is far below 2^52.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index of a vector"
    )]
    let index = (part * last as f64).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}

/// Returns how long the answers took, the shortest first.
#[must_use]
pub fn sorted(samples: &[Sample], of: impl Fn(&Sample) -> bool) -> Vec<Duration> {
    let mut took: Vec<_> =
        samples.iter().filter(|sample| of(sample)).map(|sample| sample.took).collect();
    took.sort_unstable();
    took
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 0.0), Duration::from_millis(1));
        assert_eq!(percentile(&values, 0.5), Duration::from_millis(51));
        assert_eq!(percentile(&values, 1.0), Duration::from_millis(100));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
