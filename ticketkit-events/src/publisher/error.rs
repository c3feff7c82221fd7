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
    #[error("the engine has not taken {} of {all} events", untaken.len())]
    Batch { untaken: Vec<usize>, all: usize, source: EngineError },
    #[cfg(feature = "sql")]
    #[error("the outbox has not taken the event")]
    Database(#[source] sqlx::Error),
}

impl PublishError {
    pub(crate) fn encode(subject: &'static str, source: serde_json::Error) -> Self {
        Kind::Encode { subject, source }.into()
    }

    /// Makes one result of those of an engine.
    pub(crate) fn of_results(results: Vec<Result<(), EngineError>>) -> Result<(), Self> {
        let all = results.len();
        let mut untaken = Vec::new();
        let mut first = None;
        for (at, result) in results.into_iter().enumerate() {
            if let Err(error) = result {
                untaken.push(at);
                first.get_or_insert(error);
            }
        }
        match first {
            None => Ok(()),
            Some(source) if all == 1 => Err(Kind::Engine(source).into()),
            Some(source) => Err(Kind::Batch { untaken, all, source }.into()),
        }
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
    /// Returns which events of a batch the engine has not taken, by their place in it.
    ///
    /// Empty if nothing is known of single events: then none was published, or there was one only.
    #[must_use]
    pub fn untaken(&self) -> &[usize] {
        match &self.0 {
            Kind::Batch { untaken, .. } => untaken,
            _ => &[],
        }
    }
}
