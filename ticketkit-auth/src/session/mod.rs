//! Sessions in a database: started, refreshed, listed and ended.
//!
//! [`Sessions`] puts the rules of [refresh tokens](crate::refresh), rotation, reuse, the parent's
//! grace, the idle and the absolute limit, around a [`SessionStore`]. With the feature `sql` there is
//! one, [`SqlSessions`], on SQLite and PostgreSQL.
//!
//! Everything that changes a session takes the transaction of the caller, because it belongs together
//! with something else: a sign-in with the lock on the account, the end of a session with the event
//! that tells the other services.
#![cfg_attr(
    feature = "sql",
    doc = r#"
```
use ticketkit_auth::{Clock, refresh::RefreshTokens, session::{Device, Refreshed, Sessions, SqlSessions}};
use ticketkit_events::sql::Database;

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let folder = tempfile::tempdir()?;
# let file = folder.path().join("auth.db");
let database = Database::open_file(file).await?;
let store = SqlSessions::open(&database).await?;
let tokens = RefreshTokens::new(&[7; 32])?; // from `keys::secret_from_file`
let sessions = Sessions::new(tokens, store, Clock::system());

// POST /signin, after the password was found right:
let mut tx = database.begin().await?;
let (session, token) = sessions.start(&mut tx, "user-1", Device::default()).await?;
tx.commit().await?;

// POST /refresh:
let presented = sessions.parse(token.as_str()).ok_or("not a token of ours")?;
let mut tx = database.begin().await?;
match sessions.refresh(&mut tx, &presented, Device::default()).await? {
    // Read the user in the same transaction, and set both cookies.
    Refreshed::Rotated { token: next, .. } => assert_ne!(next, token),
    Refreshed::Repeated { .. } => {}
    // Publish that the session ended, in the same transaction; answer 401.
    Refreshed::Reused(_) | Refreshed::Expired(_) => {}
    Refreshed::Gone => {}
}
tx.commit().await?;
assert_eq!(sessions.list("user-1", None, 10).await?[0].id(), session.id());
# Ok(())
# }
```
"#
)]

mod record;
mod sessions;
#[cfg(feature = "sql")]
mod sql;
mod store;

pub use record::{Device, Session};
pub use sessions::{Refreshed, Sessions, StartError};
#[cfg(feature = "sql")]
pub use sql::SqlSessions;
pub use store::{Limits, SessionStore};
