use super::{PresentedToken, RefreshToken, RefreshTokens};

/// What a database keeps of a session's refresh tokens: hashes and times, nothing to sign in with.
///
/// Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRow {
    /// The id of the session, which access tokens have in `sid`.
    pub session: String,
    /// The hash of the token that is good for one use.
    pub current: String,
    /// The hash of the token that it came from.
    pub parent: Option<String>,
    /// When the session began.
    pub created_at: i64,
    /// When a token was last used, which is when `parent` became `current`.
    pub used_at: i64,
}

/// What to do about a token that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It is good: store the row if `current` is still the one of the row that was read, and give
    /// the client the token.
    Rotated {
        /// The row to store.
        row: RefreshRow,
        /// The token for the client.
        token: RefreshToken,
    },
    /// It was good a moment ago: give the client the same token again, and store nothing.
    Repeated {
        /// The token for the client.
        token: RefreshToken,
    },
    /// It was used before, or belongs to another session: someone has a copy. End the session.
    Reused,
    /// The session idled too long, or lasted as long as sessions may.
    Expired,
}

impl RefreshTokens {
    /// Decides about a token. `now` is in milliseconds since 1970.
    pub fn decide(&self, row: &RefreshRow, presented: &PresentedToken, now: i64) -> Outcome {
        if row.session != presented.session() {
            return Outcome::Reused;
        }
        let hash = presented.hash();
        let is_current = row.current == hash;
        // Before time: a copy is a copy, also of a session that has ended.
        if !is_current && row.parent.as_ref() != Some(&hash) {
            return Outcome::Reused;
        }
        if now.saturating_sub(row.created_at) >= self.absolute
            || now.saturating_sub(row.used_at) >= self.idle
        {
            return Outcome::Expired;
        }
        let (token, successor) = self.successor(presented);
        if is_current {
            let row =
                RefreshRow { current: successor, parent: Some(hash), used_at: now, ..row.clone() };
            return Outcome::Rotated { row, token };
        }
        // `current` is the successor of its parent unless the secret was changed in between.
        if now.saturating_sub(row.used_at) <= self.grace && row.current == successor {
            return Outcome::Repeated { token };
        }
        Outcome::Reused
    }
}
