use std::sync::Arc;

use ticketing_contracts::{SessionId, Timestamp, UserId};
use ticketkit_auth::{
    AuthError, Clock, CookiePolicy, Grant, KeyRing, RevocationView, TokenIssuer,
    cookies::SetCookies,
    feed::{About, Instances, RevocationPublisher},
    password::PasswordHasher,
    refresh::RefreshToken,
    revocation::{Mark, Revocation, Snapshot},
    session::{Sessions, SqlSessions},
    throttle::{SignInThrottle, SqlThrottle},
};
use ticketkit_core::error::Internal;
use ticketkit_events::{
    Publisher,
    sql::{Database, Tx},
};

use crate::{
    audit::Audit,
    config::Settings,
    domain::{Email, User},
    error::Error,
    peer::Peer,
    store,
};

/// What the routes and the tasks of the service work with.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) publisher: Publisher,
    pub(crate) issuer: TokenIssuer,
    pub(crate) sessions: Sessions<SqlSessions>,
    pub(crate) cookies: CookiePolicy,
    pub(crate) hasher: PasswordHasher,
    pub(crate) throttle: Arc<dyn SignInThrottle>,
    /// The throttle once more, where instances share it: to sweep it.
    pub(crate) shared_throttle: Option<SqlThrottle>,
    pub(crate) view: RevocationView,
    /// Who follows, where other processes do.
    pub(crate) instances: Option<Instances>,
    pub(crate) ring: KeyRing,
    pub(crate) revocations: RevocationPublisher,
    pub(crate) audit: Audit,
    pub(crate) settings: Settings,
    pub(crate) admin: Option<Email>,
    /// How long news of a revocation concerns any token, in milliseconds.
    pub(crate) revocation_life: i64,
    pub(crate) clock: Clock,
}

impl App {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.unix_millis())
    }

    /// The time before which no token that was valid then is valid still, in milliseconds.
    pub(crate) fn oldest_revocation(&self) -> i64 {
        self.clock.unix_millis().saturating_sub(self.revocation_life)
    }

    /// Begins a transaction whose events name the request as their cause.
    pub(crate) async fn begin(&self, peer: &Peer) -> Result<Tx, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        tx.set_causation(peer.causation());
        Ok(tx)
    }

    /// Commits, and lets this process know of the revocations before anyone is answered.
    pub(crate) async fn commit(&self, tx: Tx, news: Vec<Revocation>) -> Result<(), Error> {
        let view = self.view.clone();
        // A task of its own: a client that hangs up drops the handler, and between the commit and
        // the view nothing may get lost.
        let committed = tokio::spawn(async move {
            tx.commit().await?;
            news.iter().for_each(|news| view.apply(news));
            Ok::<_, sqlx::Error>(())
        });
        Ok(committed.await.map_err(Internal::new)??)
    }

    /// Makes the cookies of a session.
    pub(crate) fn cookies(
        &self,
        user: &User,
        session: &str,
        refresh: &RefreshToken,
    ) -> Result<SetCookies, Error> {
        let grant = Grant::new(user.id.to_string(), session)
            .epoch(user.epoch)
            .roles(user.roles.iter().cloned())
            .email(user.email.as_str());
        let access = self.issuer.issue(&grant)?;
        Ok(self.cookies.session(access.as_str(), Some(refresh.as_str()))?)
    }

    /// Starts a session in the transaction, and returns its cookies.
    pub(crate) async fn start_session(
        &self,
        tx: &mut Tx,
        user: &User,
        peer: &Peer,
    ) -> Result<SetCookies, Error> {
        let (session, token) = self
            .sessions
            .start(tx, &user.id.to_string(), peer.device())
            .await
            .map_err(Error::StartSession)?;
        self.cookies(user, session.id(), &token)
    }

    /// Publishes a revocation in the transaction that makes it: the last thing in it, since the next
    /// revocation waits for this one's number. Returns that number; with `report` every instance
    /// says when it has it.
    pub(crate) async fn publish_revocation(
        &self,
        tx: &mut Tx,
        user: &User,
        news: &Revocation,
        report: bool,
    ) -> Result<i64, Error> {
        let position = store::revocations::next_position(tx.conn()).await?;
        let id = user.id.to_string();
        let about = About { user: &id, version: user.version, position, report };
        self.revocations.publish(tx, about, news).await?;
        Ok(position)
    }

    /// Returns how far the stream of revocations is.
    pub(crate) async fn mark(&self) -> Result<Mark, sqlx::Error> {
        // The time first: all from before it is counted then.
        let at = self.clock.unix_millis();
        let position = store::revocations::position(self.database.reader()).await?;
        Ok(Mark { position, at })
    }

    /// Reads what is revoked, and of which moment that is.
    pub(crate) async fn snapshot(&self) -> Result<(Mark, Snapshot), sqlx::Error> {
        let mark = self.mark().await?;
        // What is committed in between is in it too; it comes again by its event.
        let oldest = self.oldest_revocation();
        let users = store::revocations::users(&self.database, oldest).await?;
        let sessions = self.sessions.ended_since(oldest).await?;
        Ok((mark, Snapshot { users, sessions }))
    }

    /// Publishes that one session has ended, and returns the news for this process.
    pub(crate) async fn publish_ended(
        &self,
        tx: &mut Tx,
        user: UserId,
        session: SessionId,
    ) -> Result<Revocation, Error> {
        // Users are never deleted; without one nobody has a session.
        let account =
            store::users::find(tx.conn(), user).await?.ok_or(AuthError::Unauthenticated)?;
        let news =
            Revocation::Session { session: session.to_string(), at: self.clock.unix_millis() };
        self.publish_revocation(tx, &account, &news, false).await?;
        Ok(news)
    }
}
