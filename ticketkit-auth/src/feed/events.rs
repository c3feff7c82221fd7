//! The events as they travel.

use serde::{Deserialize, Serialize};
use ticketkit_events::{Event, Timestamp};

/// A user was banned: until a time, or for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "user.banned", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct UserBanned {
    /// The id of the user.
    pub id: String,
    /// The version of the account after the change.
    pub version: i64,
    /// When the ban ends by itself; without it, never.
    pub until: Option<Timestamp>,
    /// Counts bans and liftings of this user: the highest decides.
    pub ban_version: i64,
    /// Tokens of an older epoch are void.
    pub epoch: i64,
    /// The signed statement.
    pub proof: String,
}

/// A ban was lifted; the epoch stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "user.unbanned", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct UserUnbanned {
    /// The id of the user.
    pub id: String,
    /// The version of the account after the change.
    pub version: i64,
    /// Counts bans and liftings of this user: the highest decides.
    pub ban_version: i64,
    /// Tokens of an older epoch are void.
    pub epoch: i64,
    /// The signed statement.
    pub proof: String,
}

/// One session ended (`sid`), or all of a user's that are older than an epoch (`min_epoch`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "session.revoked", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct SessionRevoked {
    /// The id of the user.
    pub user_id: String,
    /// The version of the account.
    pub version: i64,
    /// The id of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The lowest epoch that is still good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_epoch: Option<i64>,
    /// The signed statement.
    pub proof: String,
}

/// The issuer is alive, and says how many revocations there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(subject = "auth.heartbeat", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct AuthHeartbeat {
    /// Grows with each heartbeat of an instance.
    pub sequence: i64,
    /// When it was made.
    pub time: Timestamp,
    /// The signed statement.
    pub proof: String,
}
