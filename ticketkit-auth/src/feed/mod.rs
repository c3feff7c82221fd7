//! The revocation feed: how news of bans and ended sessions gets from the service that makes it into
//! the views of all others.
//!
//! | part | where it runs |
//! |---|---|
//! | [`RevocationPublisher`] | in the service that issues tokens: publishes signed events in the transaction of what they tell, heartbeats, and signs snapshots |
//! | [`Feed`] | in every instance of every service: its own fan-out subscription, into a [`RevocationView`](crate::RevocationView) |
//!
//! [`RemoteAuth`](crate::remote) (feature `remote`) is both ends of a service that is not the issuer,
//! put together.
//!
//! # What travels
//!
//! `user.banned`, `user.unbanned`, `session.revoked` and `auth.heartbeat`, with one ordering key.
//! Beside the plain members, for whoever else handles them, each has the member `proof`: a signed
//! statement with the same content, its number in the stream and the issuer. Views take in the
//! statement alone. So nobody who can write to the broker can lift a ban, ban somebody or pretend
//! that nothing happened.
//!
//! # What is lost
//!
//! Revocations are numbered without gaps ([`Mark`](crate::revocation::Mark)). A heartbeat names the
//! last number: a view that missed one is not fresh, whatever the reason, and loads a snapshot.
//! Nothing depends on the stream keeping its order.

mod ask;
mod error;
mod events;
#[cfg(feature = "chassis")]
mod observe;
mod proof;
mod publish;
mod reach;
mod statement;
mod status;
mod subscribe;

pub use ask::{AskFuture, AskLayer, AskService};
pub use error::FeedError;
pub use events::{AuthHeartbeat, SessionRevoked, UserBanned, UserUnbanned};
pub use publish::{About, RevocationPublisher};
pub use reach::{Instances, Reach, ViewReported};
pub use statement::StatementVerifier;
pub use status::FeedStatus;
pub use subscribe::{Feed, SnapshotSource};

/// How often a heartbeat is published.
pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(1);

/// How old a view may be before it is stale.
pub const BOUND: std::time::Duration = std::time::Duration::from_secs(5);
