//! Refresh tokens: how a session outlives its access tokens.
//!
//! A token is opaque, random and good for one use. Each use [rotates](RefreshTokens::decide) it.
//! One that comes back after its use was copied: the session ends. The one exception is the
//! immediate parent inside a short grace window, because two tabs of a browser refresh at once; it
//! gets the same successor, which is derived from it by a key and so need not be stored.
//!
//! The state machine is pure. A service keeps one [`RefreshRow`] a session in its own database:
//!
//! ```
//! use ticketkit_auth::refresh::{Outcome, RefreshTokens};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tokens = RefreshTokens::new(&[7; 32])?; // from `keys::secret_from_file`
//! let (first, row) = tokens.start(1_790_000_000_000)?;
//! // insert into sessions … row
//!
//! // POST /refresh: find the row by `session` of the token, decide, and store.
//! let presented = tokens.parse(first.as_str()).expect("a token of ours");
//! assert_eq!(presented.session(), row.session);
//! match tokens.decide(&row, &presented, 1_790_000_060_000) {
//!     // update sessions set … where session = $1 and current = $2 — of `row`, so that of two
//!     // at once one wins; the other reads again and decides again.
//!     Outcome::Rotated { row, token } => assert_ne!(token.as_str(), first.as_str()),
//!     // Set the cookie, store nothing.
//!     Outcome::Repeated { token } => drop(token),
//!     // Delete the row and publish that the session ended.
//!     Outcome::Reused => {}
//!     // Delete the row.
//!     Outcome::Expired => {}
//! }
//! # Ok(())
//! # }
//! ```

mod decide;
mod token;

pub use decide::{Outcome, RefreshRow};
pub use token::{PresentedToken, RefreshToken, RefreshTokens};
