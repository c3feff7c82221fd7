use crate::{revocation::SessionEntry, session::Session};

/// The times, in milliseconds since 1970, at and before which a session has ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For those that were last used then.
    pub used_at: i64,
    /// For those that began then.
    pub created_at: i64,
}

/// Where sessions are kept.
///
/// What changes something happens in a transaction of the caller and is undone with it. What reads
/// only goes beside it. Every future can be dropped: then the transaction must not be committed.
pub trait SessionStore: Send + Sync {
    /// A transaction.
    type Tx: Send;
    /// Why the database fails.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Stores a new session.
    fn insert(
        &self,
        tx: &mut Self::Tx,
        session: &Session,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Reads a session, and keeps everybody else from changing or ending it until the transaction is
    /// over: of two refreshes at once the second has to see what the first made of it, and who ends
    /// all sessions of a user has to wait for one that is being refreshed.
    fn lock(
        &self,
        tx: &mut Self::Tx,
        id: &str,
    ) -> impl Future<Output = Result<Option<Session>, Self::Error>> + Send;

    /// Stores what became of a session that is locked.
    fn update(
        &self,
        tx: &mut Self::Tx,
        session: &Session,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Removes a session, and remembers that it ended at this time. Returns it, or nothing if it was
    /// gone: of several who end one, one gets it.
    fn end(
        &self,
        tx: &mut Self::Tx,
        id: &str,
        at: i64,
    ) -> impl Future<Output = Result<Option<Session>, Self::Error>> + Send;

    /// Removes all sessions of a user. It remembers none of them: the caller raises the user's epoch
    /// in the same transaction, and that voids their access tokens.
    fn end_all(
        &self,
        tx: &mut Self::Tx,
        user: &str,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Returns up to `limit` sessions of a user that are within the limits, the newest first, and
    /// behind the one with the id `after`.
    fn list(
        &self,
        user: &str,
        limits: Limits,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Session>, Self::Error>> + Send;

    /// Returns the sessions that were [ended](Self::end) at this time or later, for the snapshot of
    /// revocations.
    fn ended_since(
        &self,
        oldest: i64,
    ) -> impl Future<Output = Result<Vec<SessionEntry>, Self::Error>> + Send;

    /// Removes the sessions that are beyond the limits, and forgets those that ended before
    /// `oldest_end`.
    fn sweep(
        &self,
        tx: &mut Self::Tx,
        limits: Limits,
        oldest_end: i64,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
