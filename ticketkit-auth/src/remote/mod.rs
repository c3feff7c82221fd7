//! The issuer is another service: keys and revocations for a service that only verifies.
//!
//! [`RemoteAuth`] needs the URL of the issuer and the bus, no more. It fetches the key set, follows
//! the revocations, and is an [`AuthLayer`](crate::AuthLayer) for the routes.
//!
//! ```
//! use ticketkit_auth::{CookiePolicy, RemoteAuth};
//! use ticketkit_events::Bus;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bus = Bus::memory(); // `Bus::open(&settings.events_url).await?`
//! let cookies = CookiePolicy::for_url("http://localhost:3000")?;
//! let remote = RemoteAuth::builder("http://127.0.0.1:3001", "ticketing", "ticketing", cookies)
//!     .bind("tickets", &bus)
//!     .await?;
//! let layer = remote.layer(); // around the routes
//! let status = remote.status(); // `status.check()` as a readiness check
//! assert!(status.check().is_err(), "not ready: nothing is loaded yet");
//! let shutdown = async {};
//! remote.run(shutdown).await; // beside the routes
//! # drop(layer);
//! # Ok(())
//! # }
//! ```
//!
//! # At the start
//!
//! [`bind`](RemoteAuthBuilder::bind) declares the subscription and fetches nothing, so that a
//! service starts while the issuer is down. Until keys and revocations are there, readiness fails
//! and guarded routes answer 503 `auth_stale`.
//!
//! # When the issuer is down
//!
//! Keys stay as they are: a fetch that fails evicts nothing. The view goes stale after its bound,
//! and each route does what its [`StalePolicy`](crate::StalePolicy) says.
//!
//! # When keys change
//!
//! Each heartbeat says which keys there are, so a new or a removed one is known everywhere within
//! about a second. A token with an unknown key id, which anybody can write, causes at most one fetch
//! in [30 s](COOL_DOWN).

mod auth;
mod error;
mod fetch;
mod keys;
mod source;
mod status;
#[cfg(feature = "tls")]
mod tls;

pub use auth::{RemoteAuth, RemoteAuthBuilder};
pub use error::{FetchError, RemoteError};
pub use fetch::{Fetch, HttpFetch};
pub use keys::{COOL_DOWN, RemoteKeys};
pub use status::RemoteStatus;
