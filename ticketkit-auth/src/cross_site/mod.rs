//! Defence against requests that another site makes in the name of a user (CSRF).
//!
//! [`CrossSiteLayer`] refuses unsafe methods that carry a session cookie, or whose answer sets one,
//! where the browser says that the request comes from a page of another site. It needs no tokens in
//! forms: browsers say so by `Sec-Fetch-Site`, and older ones by `Origin`. What has neither is no
//! browser, and passes; so does what carries a bearer token alone.
//!
//! # Where it stands
//!
//! Route and method are judged before it: a wrong method is a 405, also from another site. With
//! axum that is so at one place only, [`MethodRouter::route_layer`][m]. `Router::route_layer` and
//! the two `layer` methods would also stand around the answer to wrong methods (axum 0.8).
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use axum::{Router, routing::{get, post}};
//! use ticketkit_auth::{CrossSiteLayer, cookies::CookiePolicy};
//!
//! let policy = CookiePolicy::for_url("https://tickets.example.com").expect("a public URL");
//! let cross_site = CrossSiteLayer::new(policy);
//! let router: Router = Router::new()
//!     .route("/api/users/signin", post(async || "…").route_layer(cross_site.clone().always()))
//!     .route("/api/tickets", get(async || "…").post(async || "…").route_layer(cross_site));
//! # }
//! ```
//!
//! [m]: https://docs.rs/axum/0.8/axum/routing/method_routing/struct.MethodRouter.html#method.route_layer

mod layer;
mod rule;

pub use layer::{CrossSiteLayer, CrossSiteService};
