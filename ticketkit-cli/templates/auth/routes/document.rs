//! The documents that routes answer with.

use serde::{Deserialize, Serialize};
use {{ project.snake }}_contracts::UserId;
use ticketkit_events::Timestamp;

use crate::domain::User;

/// What someone signs up and in with. It has no debug output, so that it is in no log.
#[derive(Deserialize)]
pub(super) struct Credentials {
    pub(super) email: String,
    pub(super) password: String,
}

/// A user as the user and other users' pages see it.
#[derive(Debug, Serialize)]
pub(super) struct UserDocument {
    id: String,
    email: String,
    roles: Vec<String>,
}

impl From<&User> for UserDocument {
    fn from(user: &User) -> Self {
        let (email, roles) = (user.email.clone(), user.roles.clone());
        Self { id: user.id.to_string(), email, roles }
    }
}

impl From<&ticketkit_auth::User> for UserDocument {
    fn from(user: &ticketkit_auth::User) -> Self {
        let (id, email) = (user.id().to_owned(), user.email().to_owned());
        Self { id, email, roles: user.roles().to_vec() }
    }
}

/// A user as administrators see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountDocument {
    #[serde(flatten)]
    user: UserDocument,
    created_at: Timestamp,
    banned: bool,
    until: Option<Timestamp>,
    reason: Option<String>,
}

impl AccountDocument {
    pub(super) fn new(user: &User, now: Timestamp) -> Self {
        let banned = user.is_banned(now);
        Self {
            user: user.into(),
            created_at: user.created_at,
            banned,
            until: user.ban.until.filter(|_| banned),
            reason: user.ban.reason.clone().filter(|_| banned),
        }
    }
}

/// Whether a user is banned.
#[derive(Debug, Serialize)]
pub(super) struct BanDocument {
    id: UserId,
    banned: bool,
    until: Option<Timestamp>,
}

impl BanDocument {
    pub(super) fn new(user: &User, now: Timestamp) -> Self {
        let banned = user.is_banned(now);
        let until = user.ban.until.filter(|_| banned);
        Self { id: user.id, banned, until }
    }
}

/// `{}`
#[derive(Debug, Serialize)]
pub(super) struct Empty {}
