//! Passwords: which are allowed, and how they are kept.
//!
//! [`Password`] is one that the policy allows: 8 to 128 characters and not one that everybody
//! tries first; there are no rules of composition. [`PasswordHasher`] keeps it as argon2id, on the
//! blocking threads of tokio, and not more at once than the machine can take.
//!
//! ```
//! use ticketkit_auth::password::{Password, PasswordHasher, Verdict};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hasher = PasswordHasher::new()?;
//! let password = Password::new("correct horse battery".to_owned())?;
//! let stored = hasher.hash(password).await?;
//!
//! let typed = "correct horse battery".to_owned();
//! match hasher.verify(typed, Some(stored)).await? {
//!     Verdict::Right { rehashed: None } => {}
//!     Verdict::Right { rehashed: Some(_stronger) } => { /* store it */ }
//!     Verdict::Wrong => { /* 401, the same as for an unknown user */ }
//! }
//! // An unknown user takes the same time.
//! assert_eq!(hasher.verify("anything".to_owned(), None).await?, Verdict::Wrong);
//! # Ok(())
//! # }
//! ```

mod argon;
mod common;
mod error;
mod hasher;
mod memory;
mod policy;

pub use argon::Cost;
pub use error::PasswordError;
pub use hasher::{PasswordHasher, Verdict};
pub use policy::{Password, WeakPassword};
