#![doc = include_str!("docs/crate.md")]

pub mod caller;
pub mod cookies;
pub mod cross_site;
pub mod guard;
pub mod keys;
pub mod layer;
pub mod refresh;
pub mod revocation;
pub mod session;
pub mod throttle;
pub mod token;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "events")]
pub mod feed;
#[cfg(feature = "password")]
pub mod password;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

mod error;
mod jws;
mod random;

pub use caller::{Caller, Refusal, User};
pub use cookies::CookiePolicy;
pub use cross_site::CrossSiteLayer;
pub use error::AuthError;
pub use guard::{GuardLayer, StalePolicy};
pub use keys::{KeyRing, KeySet};
pub use layer::AuthLayer;
pub use random::RandomError;
#[cfg(feature = "remote")]
pub use remote::RemoteAuth;
pub use revocation::RevocationView;
pub use throttle::Throttle;
pub use ticketkit_core::clock::{Clock, ManualClock};
pub use token::{Claims, Grant, TokenIssuer, TokenVerifier};

#[cfg(all(doctest, feature = "axum", feature = "testing"))]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct Readme;
