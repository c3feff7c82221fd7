use {{ project.snake }}_contracts::UserId;
use ticketkit_events::Timestamp;

use super::Ban;

/// The role of administrators.
pub(crate) const ADMIN: &str = "admin";

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) roles: Vec<String>,
    /// Tokens of an older epoch are void.
    pub(crate) epoch: i64,
    /// Counts the changes of the account.
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) ban: Ban,
}

impl User {
    pub(crate) fn is_banned(&self, now: Timestamp) -> bool {
        self.ban.holds(now)
    }
}
