use serde::{Deserialize, Serialize};

/// One piece of news; all times in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Revocation {
    /// Tokens of a user below an epoch are void; and, where a ban changed, how it stands now.
    User {
        /// The id of the user.
        user: String,
        /// The lowest epoch that is still good.
        min_epoch: i64,
        /// The state of the ban, where this news is about one.
        ban: Option<Ban>,
        /// When it happened.
        at: i64,
    },
    /// One session was ended.
    Session {
        /// The id of the session.
        session: String,
        /// When it happened.
        at: i64,
    },
}

/// The state of a ban at a version. The highest version counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Counts the changes: banned, extended, lifted, banned again.
    pub version: i64,
    /// Whether the user is banned at this version.
    pub banned: bool,
    /// When the ban ends by itself; without it, never.
    pub until: Option<i64>,
}

/// What a view keeps of a user. Merging is the maximum of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct State {
    // What a request asks for comes first, beside the key: most often in the same cache line.
    /// When the ban ends: `0` is no ban, the maximum one without an end.
    pub(super) banned_until: i64,
    pub(super) min_epoch: i64,
    pub(super) ban_version: i64,
    /// The time of the latest news in it.
    pub(super) at: i64,
}

impl State {
    pub(super) fn new(min_epoch: i64, ban: Option<Ban>, at: i64) -> Self {
        let (ban_version, banned_until) = match ban {
            None => (0, 0),
            Some(Ban { version, banned: false, .. }) => (version, 0),
            Some(Ban { version, until, .. }) => (version, until.unwrap_or(i64::MAX)),
        };
        Self { min_epoch, ban_version, banned_until, at }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.min_epoch = self.min_epoch.max(other.min_epoch);
        // Pairs compare by their first part; the second decides between two equal versions, which
        // only a fault can make, for the ban.
        let ban = (self.ban_version, self.banned_until);
        (self.ban_version, self.banned_until) = ban.max((other.ban_version, other.banned_until));
        self.at = self.at.max(other.at);
    }

    /// Most bans have no end, and most users none: only the others cost a look at the clock.
    pub(super) fn is_banned(&self, now: impl FnOnce() -> i64) -> bool {
        match self.banned_until {
            0 => false,
            i64::MAX => true,
            until => until > now(),
        }
    }
}
