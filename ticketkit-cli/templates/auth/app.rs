use {{ project.snake }}_contracts::{SessionId, UserId};
use ticketkit_auth::{
    AuthError, Clock, CookiePolicy, Grant, KeyRing, RevocationView, Throttle, TokenIssuer,
    cookies::SetCookies,
    feed::{About, RevocationPublisher},
    password::PasswordHasher,
    refresh::{RefreshToken, RefreshTokens},
    revocation::{Mark, Revocation, Snapshot},
};
use ticketkit_core::error::Internal;
use ticketkit_events::{
    Publisher, Timestamp,
    sql::{Database, Tx},
};

use crate::{
    domain::{Email, User},
    error::Error,
    peer::Peer,
    settings::Settings,
    store,
};

/// What the routes and the tasks of the service work with.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) publisher: Publisher,
    pub(crate) issuer: TokenIssuer,
    pub(crate) refresh: RefreshTokens,
    pub(crate) cookies: CookiePolicy,
    pub(crate) hasher: PasswordHasher,
    pub(crate) throttle: Throttle,
    pub(crate) view: RevocationView,
    pub(crate) ring: KeyRing,
    pub(crate) revocations: RevocationPublisher,
    pub(crate) settings: Settings,
    pub(crate) admin: Option<Email>,
    /// How long news of a revocation concerns any token, in milliseconds.
    pub(crate) revocation_life: i64,
    pub(crate) clock: Clock,
}

impl App {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
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

    /// Commits, and lets this process know of the revocation before anyone is answered.
    pub(crate) async fn commit(&self, tx: Tx, news: Revocation) -> Result<(), Error> {
        let view = self.view.clone();
        // A task of its own: a client that hangs up drops the handler, and between the commit and
        // the view nothing may get lost.
        let committed = tokio::spawn(async move {
            tx.commit().await?;
            view.apply(&news);
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
    ) -> Result<SetCookies, Error> {
        let (token, row) = self.refresh.start(self.clock.unix_millis())?;
        store::sessions::insert(tx.conn(), user.id, &row).await?;
        self.cookies(user, &row.session, &token)
    }

    /// Publishes a revocation in the transaction that makes it: the last thing in it, since the next
    /// revocation waits for this one's number.
    pub(crate) async fn publish_revocation(
        &self,
        tx: &mut Tx,
        user: &User,
        news: &Revocation,
    ) -> Result<(), Error> {
        let position = store::revocations::next_position(tx.conn()).await?;
        let id = user.id.to_string();
        let about = About { user: &id, version: user.version, position, report: false };
        self.revocations.publish(tx, about, news).await?;
        Ok(())
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
        Ok((mark, store::revocations::snapshot(&self.database, oldest).await?))
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
        self.publish_revocation(tx, &account, &news).await?;
        Ok(news)
    }
}
