//! The sign-in throttle: guessing passwords is slow, and nobody is locked out by a stranger.
//!
//! What counts are failed attempts inside a window: per account and address together, and per
//! address over all accounts. There is no count per account alone, because anybody could use it to
//! lock the account's owner out. Successes do not count.
//!
//! [`Throttle`] counts in memory. Where several instances sign users in, `SqlThrottle` (feature `sql`)
//! counts for all of them; [`SignInThrottle`] is what both can do.
//!
//! ```
//! use std::net::{IpAddr, Ipv4Addr};
//! use ticketkit_auth::{Clock, throttle::Throttle};
//!
//! # fn main() -> Result<(), ticketkit_core::error::RateLimited> {
//! let throttle = Throttle::new(Clock::system());
//! let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
//!
//! let attempt = throttle.begin("ada@example.com", address)?;
//! // … check the password …
//! attempt.failed()?; // then answer 401; with `succeeded()?` sign the user in
//! # Ok(())
//! # }
//! ```

mod attempts;
mod bucket;
mod shared;
#[cfg(feature = "sql")]
mod sql;
mod window;

pub use attempts::{Attempt, Throttle};
pub use shared::{SignInThrottle, ThrottleError};
#[cfg(feature = "sql")]
pub use sql::SqlThrottle;
