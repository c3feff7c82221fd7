use std::sync::Arc;

use ticketkit_events::{EventId, Publisher, Timestamp, publisher::Target};

use super::{
    AuthHeartbeat, FeedError, SessionRevoked, UserBanned, UserUnbanned,
    statement::{Heartbeat, MarkedSnapshot, News, sign},
};
use crate::{
    keys::KeyRing,
    revocation::{Ban, Mark, Revocation, Snapshot},
    token::IssueError,
};

/// Publishes signed revocations. Cheap to clone.
///
/// ```
/// use ticketkit_auth::{KeyRing, feed::{About, RevocationPublisher}, keys::Algorithm};
/// use ticketkit_auth::revocation::{Mark, Revocation};
/// use ticketkit_events::{Bus, Publisher};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ring = KeyRing::generate(Algorithm::EdDsa)?;
/// let revocations = RevocationPublisher::new(ring, "ticketing", Publisher::new("auth"));
/// # let bus = Bus::memory();
/// // In a service, `&mut tx`: the transaction that ended the session and counted the position.
/// let about = About { user: "user-1", version: 4, position: 17, report: false };
/// let news = Revocation::Session { session: "session-1".to_owned(), at: 1_790_000_000_000 };
/// revocations.publish(&bus, about, &news).await?;
/// // Every second.
/// revocations.heartbeat(&bus, 1, Mark { position: 17, at: 1_790_000_000_500 }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RevocationPublisher {
    ring: KeyRing,
    issuer: Arc<str>,
    publisher: Publisher,
}

/// What an event has beside the news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// The id of the user.
    pub user: &'a str,
    /// The version of the account after the change.
    pub version: i64,
    /// The number of the revocation: one more than the last one, counted in the same transaction.
    pub position: i64,
    /// Whether somebody waits for its effect: then every instance [reports](super::Instances) it at
    /// once.
    pub report: bool,
}

impl RevocationPublisher {
    /// Signs with the active key of the ring, as this issuer: `iss` of its access tokens.
    #[must_use]
    pub fn new(ring: KeyRing, issuer: impl Into<Arc<str>>, publisher: Publisher) -> Self {
        Self { ring, issuer: issuer.into(), publisher }
    }

    /// Publishes a piece of news: as `user.banned` or `user.unbanned` where it is about a ban, else
    /// as `session.revoked`.
    ///
    /// # Errors
    ///
    /// If it cannot be signed, or the database or the engine does not take it.
    pub async fn publish(
        &self,
        target: impl Target,
        about: About<'_>,
        news: &Revocation,
    ) -> Result<EventId, FeedError> {
        let About { user, version, position, report } = about;
        let (Revocation::User { at, .. } | Revocation::Session { at, .. }) = news;
        let proof =
            sign(&self.ring, &self.issuer, *at, News { position, news: news.clone(), report })?;
        let user = user.to_owned();
        let id = match news {
            Revocation::User {
                min_epoch,
                ban: Some(Ban { version: ban_version, banned, until }),
                ..
            } => {
                let (id, ban_version, epoch) = (user, *ban_version, *min_epoch);
                if *banned {
                    let until = until.map(Timestamp::from_millis);
                    let event = UserBanned { id, version, until, ban_version, epoch, proof };
                    self.publisher.publish(target, &event).await
                } else {
                    let event = UserUnbanned { id, version, ban_version, epoch, proof };
                    self.publisher.publish(target, &event).await
                }
            }
            Revocation::User { min_epoch, ban: None, .. } => {
                let (sid, min_epoch) = (None, Some(*min_epoch));
                let event = SessionRevoked { user_id: user, version, sid, min_epoch, proof };
                self.publisher.publish(target, &event).await
            }
            Revocation::Session { session, .. } => {
                let (sid, min_epoch) = (Some(session.clone()), None);
                let event = SessionRevoked { user_id: user, version, sid, min_epoch, proof };
                self.publisher.publish(target, &event).await
            }
        };
        Ok(id?)
    }

    /// Publishes a heartbeat, into the outbox that the revocations go through.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub async fn heartbeat(
        &self,
        target: impl Target,
        sequence: i64,
        mark: Mark,
    ) -> Result<EventId, FeedError> {
        let keys = self.ring.key_set().state().ids();
        let proof = sign(&self.ring, &self.issuer, mark.at, Heartbeat { mark, keys })?;
        let event = AuthHeartbeat { sequence, time: Timestamp::from_millis(mark.at), proof };
        Ok(self.publisher.publish(target, &event).await?)
    }

    /// Signs a snapshot: the body of `GET /.well-known/ticketkit/revocations`, of the type
    /// `application/jose`.
    ///
    /// The mark is read before the snapshot is.
    ///
    /// # Errors
    ///
    /// If the key does not sign.
    pub fn sign_snapshot(&self, mark: Mark, snapshot: Snapshot) -> Result<String, IssueError> {
        sign(&self.ring, &self.issuer, mark.at, MarkedSnapshot { mark, snapshot })
    }
}
