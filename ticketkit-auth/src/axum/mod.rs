//! Guards as extractors, and cookies as a part of a response, for axum.
//!
//! With [`Routes`] every route says whom it serves, and one that does not say it does not compile.
//!
//! A handler says by its arguments too whom it serves. Put them first: axum extracts in order, and
//! nothing of a body is read for a caller who is refused.
//!
//! ```
//! use axum::{Router, routing::get};
//! use ticketkit_auth::{AuthLayer, testing::TestAuth};
//! use ticketkit_auth::axum::{AdminUser, CurrentUser, OptionalUser};
//!
//! async fn mine(user: CurrentUser) -> String {
//!     format!("tickets of {}", user.id())
//! }
//!
//! async fn home(OptionalUser(user): OptionalUser) -> String {
//!     user.map_or("welcome".to_owned(), |user| format!("welcome, {}", user.email()))
//! }
//!
//! async fn users(_: AdminUser) -> &'static str {
//!     "everybody"
//! }
//!
//! let auth = TestAuth::new();
//! let router: Router = Router::new()
//!     .route("/", get(home))
//!     .route("/mine", get(mine))
//!     .route("/users", get(users))
//!     .layer(AuthLayer::new(auth.verifier(), auth.cookies()));
//! ```

mod cookies;
mod extract;
mod routes;

pub use extract::{Admin, AdminUser, CurrentUser, OptionalUser, RequireRole, Role};
pub use routes::{Access, Routes, Rule};
