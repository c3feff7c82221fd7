//! Keys: those that sign, those that verify, and the ring that turns them over.
//!
//! A [`KeyRing`] belongs to the one service that issues tokens. Its keys go through the stages
//! [standby, active, retiring, removed](KeyStage): a key is published before anything is signed
//! with it, and stays published until the last token that it signed has ended, for as long as the
//! [`Overlap`] says. Services that only verify hold a [`KeySet`]: shared with the ring in one process,
//! or read from its [`Jwks`].
//!
//! ```
//! use ticketkit_auth::keys::{Algorithm, KeyRing};
//!
//! # fn main() -> Result<(), ticketkit_auth::keys::KeyError> {
//! let ring = KeyRing::generate(Algorithm::EdDsa)?;
//! let document = serde_json::to_string(&ring.jwks()).expect("a key set is JSON");
//! assert!(!document.contains(r#""d""#));
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod directory;
mod error;
mod files;
mod jwks;
mod overlap;
mod pem;
mod provider;
mod ring;
mod rsa;
mod set;
mod signing;
mod stage;
mod state;
mod verifying;

pub use algorithm::Algorithm;
pub use error::KeyError;
pub use files::secret_from_file;
pub use jwks::{Jwk, Jwks};
pub use overlap::{CACHE_AGE, Overlap};
pub use provider::install_crypto_provider;
pub use ring::KeyRing;
pub use set::KeySet;
pub(crate) use set::State as KeyState;
pub use signing::SigningKey;
pub use stage::KeyStage;
pub use verifying::VerifyingKey;
