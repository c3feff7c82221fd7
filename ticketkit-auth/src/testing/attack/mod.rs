//! The attack kit: forged tokens and cookies against anything that is guarded.
//!
//! An [`AttackKit`] takes one honest token, sends everything that can be made of it to a guarded
//! route of a [`Target`], and [reports](Report) by the id of the check. What needs no key is tried
//! against any system; with the [key that it trusts](AttackKit::signed_by), as in a test of one's
//! own, right signatures of wrong claims are tried too.
//!
//! | id | what is tried |
//! |---|---|
//! | T1 | no algorithm, in every spelling |
//! | T2 | the public key as an HMAC secret |
//! | T4 | another algorithm under the same key id |
//! | T5 | key ids: unknown, empty, long, path, SQL, NUL, line breaks |
//! | T6, T7, T17 | `jku`, `jwk`, `x5u`, `x5c`; `crit`, `b64`; `zip`, five parts, JSON |
//! | T8 to T12, T14 | wrong types, audiences, issuers, times, claims (with the key) |
//! | T13 | a token that is too large |
//! | T15 | truncated, extended, bits flipped |
//! | T20 | empty signatures |
//! | T21 | whether the answers tell invalid tokens apart |
//! | C2, C9 | the cookie twice, in one header and in two |
//! | C7 | the cookie and the bearer token at once |
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use ticketkit_auth::{guard::GuardLayer, testing::{TestAuth, attack::{AttackKit, service}}};
//! use tower::{ServiceBuilder, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let auth = TestAuth::new();
//! let guarded = ServiceBuilder::new().layer(auth.layer()).layer(GuardLayer::signed_in()).service(
//!     service_fn(async |_: Request<Vec<u8>>| {
//!         Ok::<_, std::convert::Infallible>(Response::new(b"served".to_vec()))
//!     }),
//! );
//! let kit = AttackKit::new(auth.token("ada@example.com"), auth.cookies()).signed_by(&auth);
//! let report = kit.run(&service(guarded), "/").await;
//! assert!(report.is_clean(), "{report}");
//! # }
//! ```

mod forgery;
mod kit;
mod report;
mod signed;
mod target;

pub use kit::AttackKit;
pub use report::{Attempt, Report};
#[cfg(feature = "remote")]
pub use target::UrlTarget;
pub use target::{Answer, Service, Target, service};
