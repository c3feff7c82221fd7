use crate::engine::EngineError;

/// An event that was not published.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PublishError(#[from] Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{subject} cannot be written as JSON")]
    Encode { subject: &'static str, source: serde_json::Error },
    #[error("the engine has not taken the event")]
    Engine(#[source] EngineError),
    #[cfg(feature = "sql")]
    #[error("the outbox has not taken the event")]
    Database(#[source] sqlx::Error),
}

impl PublishError {
    pub(crate) fn encode(subject: &'static str, source: serde_json::Error) -> Self {
        Kind::Encode { subject, source }.into()
    }

    pub(crate) fn engine(source: EngineError) -> Self {
        Kind::Engine(source).into()
    }

    #[cfg(feature = "sql")]
    pub(crate) fn database(source: sqlx::Error) -> Self {
        Kind::Database(source).into()
    }

    /// Returns whether the event itself is at fault: trying again is no use.
    #[must_use]
    pub fn is_encode(&self) -> bool {
        matches!(self.0, Kind::Encode { .. })
    }
}
