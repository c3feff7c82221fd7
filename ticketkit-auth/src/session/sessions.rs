use super::{Device, Limits, Session, SessionStore};
use crate::{
    Clock, RandomError,
    refresh::{Outcome, PresentedToken, RefreshToken, RefreshTokens},
    revocation::SessionEntry,
};

/// Starts, refreshes, lists and ends the sessions of a [`SessionStore`].
#[derive(Debug, Clone)]
pub struct Sessions<S> {
    tokens: RefreshTokens,
    store: S,
    clock: Clock,
}

/// What became of a refresh token that a client sent.
#[derive(Debug)]
#[must_use]
pub enum Refreshed {
    /// It was good, and the client gets the next one.
    Rotated {
        /// The session as it is now.
        session: Session,
        /// The token for the client.
        token: RefreshToken,
    },
    /// It was good a moment ago, and the client gets the same successor once more.
    Repeated {
        /// The session, unchanged.
        session: Session,
        /// The token for the client.
        token: RefreshToken,
    },
    /// It was used before: someone has a copy. The session was ended in this transaction, which has
    /// to tell the other services too.
    Reused(Session),
    /// The session idled or lasted too long. It was ended likewise.
    Expired(Session),
    /// The session was ended before.
    Gone,
}

/// Why a session was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError<E> {
    /// There are no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// It was not stored.
    #[error("the session was not stored")]
    Store(#[source] E),
}

impl<S: SessionStore> Sessions<S> {
    /// Takes the rules for tokens, and where sessions are kept.
    pub const fn new(tokens: RefreshTokens, store: S, clock: Clock) -> Self {
        Self { tokens, store, clock }
    }

    /// Returns the store.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Reads a token of a client. Nothing if we never made it: then there is no session to look for,
    /// and none to end.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<PresentedToken> {
        self.tokens.parse(text)
    }

    /// Starts a session of a user whose credentials were found right.
    ///
    /// # Errors
    ///
    /// If there are no random bytes, or the database fails.
    pub async fn start(
        &self,
        tx: &mut S::Tx,
        user: &str,
        device: Device,
    ) -> Result<(Session, RefreshToken), StartError<S::Error>> {
        let (token, refresh) = self.tokens.start(self.clock.unix_millis())?;
        let session = Session { user: user.to_owned(), refresh, device };
        self.store.insert(tx, &session).await.map_err(StartError::Store)?;
        Ok((session, token))
    }

    /// Judges a token, and changes or ends its session.
    ///
    /// Until the transaction is over nobody else changes the session. So what is read of the user in
    /// it, after this, belongs to a session that had not ended.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn refresh(
        &self,
        tx: &mut S::Tx,
        presented: &PresentedToken,
        device: Device,
    ) -> Result<Refreshed, S::Error> {
        let Some(mut session) = self.store.lock(tx, &presented.session()).await? else {
            return Ok(Refreshed::Gone);
        };
        let now = self.clock.unix_millis();
        match self.tokens.decide(&session.refresh, presented, now) {
            Outcome::Rotated { row, token } => {
                session.refresh = row;
                session.device.update(device);
                self.store.update(tx, &session).await?;
                Ok(Refreshed::Rotated { session, token })
            }
            Outcome::Repeated { token } => Ok(Refreshed::Repeated { session, token }),
            Outcome::Reused => {
                self.store.end(tx, session.id(), now).await?;
                Ok(Refreshed::Reused(session))
            }
            Outcome::Expired => {
                self.store.end(tx, session.id(), now).await?;
                Ok(Refreshed::Expired(session))
            }
        }
    }

    /// Ends a session, whoever's it is. Returns it, or nothing if it has ended before.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn end(&self, tx: &mut S::Tx, id: &str) -> Result<Option<Session>, S::Error> {
        self.store.end(tx, id, self.clock.unix_millis()).await
    }

    /// Ends a session of a user; that of someone else is not there. Tells whether there was one.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn end_own(&self, tx: &mut S::Tx, user: &str, id: &str) -> Result<bool, S::Error> {
        match self.store.lock(tx, id).await? {
            Some(session) if session.user == user => Ok(self.end(tx, id).await?.is_some()),
            _ => Ok(false),
        }
    }

    /// Ends all sessions of a user. Raise the user's epoch in the same transaction: their access
    /// tokens end by that.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn end_all(&self, tx: &mut S::Tx, user: &str) -> Result<(), S::Error> {
        self.store.end_all(tx, user).await
    }

    /// Returns up to `limit` sessions of a user that can be refreshed, the newest first, and behind
    /// the one with the id `after`.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn list(
        &self,
        user: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Session>, S::Error> {
        self.store.list(user, self.limits(), after, limit).await
    }

    /// Returns the sessions that were ended at this time (milliseconds since 1970) or later, for the
    /// snapshot of revocations.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn ended_since(&self, oldest: i64) -> Result<Vec<SessionEntry>, S::Error> {
        self.store.ended_since(oldest).await
    }

    /// Forgets sessions that nobody can refresh any more, and which ones ended before `oldest_end`
    /// (milliseconds since 1970).
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn sweep(&self, tx: &mut S::Tx, oldest_end: i64) -> Result<(), S::Error> {
        self.store.sweep(tx, self.limits(), oldest_end).await
    }

    fn limits(&self) -> Limits {
        self.tokens.limits(self.clock.unix_millis())
    }
}
