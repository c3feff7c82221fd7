use ticketing_contracts::{SessionId, Timestamp};

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) created_at: Timestamp,
    /// When it was last signed in or refreshed: access tokens are verified without a trace.
    pub(crate) last_seen_at: Timestamp,
    pub(crate) user_agent: Option<String>,
    pub(crate) address: Option<String>,
}
