//! Access tokens: issuing them, and verifying them far more strictly than the library below does.
//!
//! A [`TokenIssuer`] makes tokens of [`Grant`]s with the active key of a
//! [`KeyRing`](crate::keys::KeyRing). A [`TokenVerifier`] tells apart what is valid, what is right
//! in all but time ([`VerifyError::Expired`]), and the rest ([`VerifyError::Invalid`]), whose
//! [reason](InvalidToken) is for the log alone.
//!
//! ```
//! use ticketkit_auth::{
//!     keys::{Algorithm, KeyRing},
//!     token::{Grant, TokenIssuer, TokenVerifier},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ring = KeyRing::generate(Algorithm::EdDsa)?;
//! let issuer = TokenIssuer::new(ring.clone(), "ticketing", "ticketing");
//! let verifier = TokenVerifier::new(&ring, "ticketing", "ticketing");
//!
//! let token = issuer.issue(&Grant::new("user-1", "session-1").email("ada@example.com"))?;
//! assert_eq!(verifier.verify(token.as_str())?.sub, "user-1");
//! # Ok(())
//! # }
//! ```

mod cache;
mod claims;
mod error;
mod issuer;
mod payload;
mod verifier;

pub use claims::Claims;
pub use error::{InvalidToken, IssueError, VerifyError};
pub use issuer::{AccessToken, Grant, TokenIssuer};
pub use verifier::TokenVerifier;

/// The largest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// The longest tolerance towards the clock of the issuer, in seconds.
pub const MAX_LEEWAY_SECONDS: u64 = 5;

/// The type of access tokens (RFC 9068).
pub(crate) const TYPE: &str = "at+jwt";
