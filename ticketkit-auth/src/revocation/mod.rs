//! Revocations: what every instance of every service knows of bans and ended sessions.
//!
//! A [`RevocationView`] is fed with [`Revocation`]s and [`heartbeats`](RevocationView::heartbeat),
//! from events, and asked by the [`AuthLayer`](crate::AuthLayer) after every verified token. It
//! merges by maxima: the highest epoch, the highest ban version. So neither the order of the news
//! nor duplicates matter, and lifting a ban never brings old sessions back.
//!
//! A view that heard no heartbeat for longer than its bound is [stale](Standing::Stale): routes
//! refuse until it has news again, or do what their [`StalePolicy`](crate::StalePolicy) says.
//!
//! In another process a [`Follower`] feeds the view: it tells a stream that lost something from one
//! that is whole. Feature `events` brings the stream.
//!
//! ```
//! use std::time::Duration;
//! use ticketkit_auth::{Clock, revocation::{Ban, Revocation, RevocationView, Standing}};
//! use ticketkit_auth::testing::TestAuth;
//!
//! let clock = Clock::system();
//! let now = clock.unix_millis();
//! let view = RevocationView::without_heartbeat(Duration::from_secs(900), clock);
//! let claims = TestAuth::new().claims("ada@example.com");
//! assert_eq!(view.standing(&claims), Standing::Good);
//!
//! view.apply(&Revocation::User {
//!     user: claims.sub.clone(),
//!     min_epoch: claims.epo + 1,
//!     ban: Some(Ban { version: 1, until: None, banned: true }),
//!     at: now,
//! });
//! assert_eq!(view.standing(&claims), Standing::Banned);
//! ```

mod entry;
mod follower;
mod key;
mod shards;
mod snapshot;
mod view;

pub use entry::{Ban, Revocation};
pub use follower::{Follower, Mark};
pub(crate) use key::Subject;
pub use snapshot::{SessionEntry, Snapshot, UserEntry};
pub use view::{RevocationView, Standing};
