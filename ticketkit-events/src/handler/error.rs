use std::{error::Error as StdError, fmt, time::Duration};

use crate::BoxError;

/// How long an event waits for a database that is out of order.
#[cfg(feature = "sql")]
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// A failure of a handler; it carries the decision what becomes of the event.
///
/// | made by | decision |
/// |---|---|
/// | `?` on any error, [`transient`](Self::transient) | counted, tried again with backoff, parked after the last attempt |
/// | the same on an error of a database that is out of order, such as a full disk | tried again after a second, not counted |
/// | [`permanent`](Self::permanent) | parked at once |
/// | [`not_now`](Self::not_now) | tried again after a while, not counted |
#[derive(Debug)]
pub struct HandlerError {
    decision: Decision,
    source: BoxError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Transient,
    Permanent,
    NotNow(Duration),
    /// The inbox has the event: nothing to do, acknowledge it.
    Handled,
}

impl HandlerError {
    /// Makes a failure that may pass: tried again with backoff.
    pub fn transient(source: impl Into<BoxError>) -> Self {
        Self { decision: Decision::Transient, source: source.into() }
    }

    /// Makes a failure that trying again cannot mend: the event is parked now.
    pub fn permanent(source: impl Into<BoxError>) -> Self {
        Self { decision: Decision::Permanent, source: source.into() }
    }

    /// Makes a failure that is not the event's fault, such as a dependency that
    /// is down: tried again after a while, as often as it takes.
    pub fn not_now(after: Duration, source: impl Into<BoxError>) -> Self {
        Self { decision: Decision::NotNow(after), source: source.into() }
    }

    #[cfg(feature = "sql")]
    pub(crate) fn handled() -> Self {
        Self { decision: Decision::Handled, source: "the event was handled before".into() }
    }

    pub(crate) fn decision(&self) -> Decision {
        self.decision
    }

    /// Wraps it for the way out through the layers.
    pub(crate) fn into_boxed(self) -> BoxError {
        Box::new(Failure(self))
    }

    /// Finds it again in what came out of the layers. An error that a layer made
    /// itself, such as a timeout, is transient.
    pub(crate) fn decision_of(error: &(dyn StdError + 'static)) -> Decision {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(Failure(found)) = error.downcast_ref() {
                return judged(found.decision, &*found.source);
            }
            next = error.source();
        }
        judged(Decision::Transient, error)
    }
}

/// Sees to it that no event is to blame for a full disk, and none needs an operator after it.
#[cfg_attr(
    not(feature = "sql"),
    expect(unused_variables, reason = "no database to be out of order")
)]
fn judged(decision: Decision, source: &(dyn StdError + 'static)) -> Decision {
    match decision {
        #[cfg(feature = "sql")]
        Decision::Transient if crate::sql::is_outage(source) => Decision::NotNow(OUTAGE_PAUSE),
        decision => decision,
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

// `HandlerError` is no `Error` itself: this conversion could not exist beside it.
impl<E: StdError + Send + Sync + 'static> From<E> for HandlerError {
    fn from(source: E) -> Self {
        Self::transient(source)
    }
}

#[derive(Debug)]
struct Failure(HandlerError);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.fmt(f)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.source()
    }
}

/// Writes an error and its sources in one line, as it is kept with the event.
pub(crate) fn describe(error: &(dyn StdError + 'static)) -> String {
    const LIMIT: usize = 2000;
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    if text.len() > LIMIT {
        let end = (0..=LIMIT).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a layer says no")]
    struct Wrapped(#[source] BoxError);

    #[test]
    fn the_decision_survives_a_layer_that_wraps_the_error() {
        let inner = HandlerError::permanent("no such ticket").into_boxed();
        let outer = Wrapped(inner);
        assert_eq!(HandlerError::decision_of(&outer), Decision::Permanent);
        assert_eq!(describe(&outer), "a layer says no: no such ticket");
    }

    #[test]
    fn an_error_of_a_layer_is_transient() {
        let error = std::io::Error::other("connection lost");
        assert_eq!(HandlerError::decision_of(&error), Decision::Transient);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let error = std::io::Error::other("ü".repeat(5000));
        assert_eq!(describe(&error).len(), 2000);
    }
}
