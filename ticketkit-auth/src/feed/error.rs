use ticketkit_events::PublishError;

use crate::token::IssueError;

/// Why a revocation was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// It cannot be signed.
    #[error("the revocation cannot be signed")]
    Sign(#[from] IssueError),
    /// The database or the engine does not take it.
    #[error("the revocation was not published")]
    Publish(#[from] PublishError),
}
