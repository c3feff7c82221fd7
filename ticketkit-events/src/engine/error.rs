use crate::BoxError;

/// An engine that could not do what it was asked.
///
/// The text names the engine and the operation; the source has the reason.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    message: String,
    kind: Kind,
    #[source]
    source: Option<BoxError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Unsupported,
}

impl EngineError {
    /// Makes an error of an operation that failed and may be tried again.
    pub fn failed(message: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self { message: message.into(), kind: Kind::Failed, source: Some(source.into()) }
    }

    /// Makes an error of what the engine, as configured, will never do.
    ///
    /// The message names the engine, what was asked and what to do instead.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: Kind::Unsupported, source: None }
    }

    /// Returns whether the engine will never do it, as configured.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind == Kind::Unsupported
    }
}
