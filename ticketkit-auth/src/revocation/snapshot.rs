use serde::{Deserialize, Serialize};

use super::{Ban, key::Key};

/// All that a view knows, for a service that starts; all times in milliseconds since 1970.
///
/// The auth service can also make one of its own tables.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The users with void epochs or bans.
    pub users: Vec<UserEntry>,
    /// The sessions that were ended.
    pub sessions: Vec<SessionEntry>,
}

/// What a [`Snapshot`] says of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEntry {
    user: Key,
    min_epoch: i64,
    ban: Option<Ban>,
    at: i64,
}

/// What a [`Snapshot`] says of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEntry {
    session: Key,
    at: i64,
}

impl UserEntry {
    /// Makes an entry; the parts are those of [`Revocation::User`](super::Revocation::User).
    #[must_use]
    pub fn new(user: &str, min_epoch: i64, ban: Option<Ban>, at: i64) -> Self {
        Self { user: Key::of(user), min_epoch, ban, at }
    }

    pub(super) fn of(user: Key, state: &super::entry::State) -> Self {
        let ban = (state.ban_version > 0 || state.banned_until > 0).then(|| Ban {
            version: state.ban_version,
            banned: state.banned_until > 0,
            until: (state.banned_until > 0 && state.banned_until < i64::MAX)
                .then_some(state.banned_until),
        });
        Self { user, min_epoch: state.min_epoch, ban, at: state.at }
    }

    pub(super) fn state(&self) -> (Key, super::entry::State) {
        (self.user, super::entry::State::new(self.min_epoch, self.ban, self.at))
    }
}

impl SessionEntry {
    /// Makes an entry; the parts are those of [`Revocation::Session`](super::Revocation::Session).
    #[must_use]
    pub fn new(session: &str, at: i64) -> Self {
        Self { session: Key::of(session), at }
    }

    pub(super) const fn of(session: Key, at: i64) -> Self {
        Self { session, at }
    }

    pub(super) const fn parts(&self) -> (Key, i64) {
        (self.session, self.at)
    }
}
