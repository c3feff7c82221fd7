//! What auth tells of users and their sessions.
//!
//! The events that end something share one ordering key with the heartbeat, so that whoever
//! receives a heartbeat knows that everything before it was applied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ticketkit_events::{Event, Timestamp};

use crate::{SessionId, UserId};

/// Someone signed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "user.created", version = 1, key = "id")]
#[serde(rename_all = "camelCase")]
pub struct UserCreated {
    pub id: UserId,
    pub version: i64,
    pub email: String,
}

/// A user was banned: until a time, or for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "user.banned", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct UserBanned {
    pub id: UserId,
    pub version: i64,
    pub until: Option<Timestamp>,
    /// Counts bans and liftings of this user: the highest decides.
    pub ban_version: i64,
    /// Tokens of an older epoch are void.
    pub epoch: i64,
}

/// A ban was lifted; the epoch stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "user.unbanned", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct UserUnbanned {
    pub id: UserId,
    pub version: i64,
    pub ban_version: i64,
    pub epoch: i64,
}

/// One session ended (`sid`), or all of a user's that are older than an epoch (`min_epoch`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "session.revoked", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct SessionRevoked {
    pub user_id: UserId,
    pub version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_epoch: Option<i64>,
}

/// Auth is alive, and what it published before this was delivered before this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
#[event(subject = "auth.heartbeat", version = 1, constant_key = "revocations")]
#[serde(rename_all = "camelCase")]
pub struct AuthHeartbeat {
    pub sequence: i64,
    pub time: Timestamp,
}
