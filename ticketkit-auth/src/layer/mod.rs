//! The layer that finds out who is asking, and never rejects.
//!
//! [`AuthLayer`] reads the cookie or the bearer token of each request, verifies it, asks the
//! [revocation view](crate::revocation), and puts a [`Caller`](crate::Caller) into the extensions
//! of the request. Whether that is enough is for the [guards](crate::guard) of each route.
//!
//! In axum it goes around the whole router, `auth.layer(router)`, or into one call with the layers
//! around it, the outermost first: `router.layer((errors, auth))`. For each call of `Router::layer`,
//! axum boxes the service, its future and the body of its answer once more at every request, whichever
//! layer it is (`cargo xtask bench auth` shows all three).
//!
//! What goes on after the answer began, such as a stream, ends by `AuthLayer::refused` (feature
//! `events`) when its caller may no longer be served.
//!
//! ```
//! use http::{Request, Response};
//! use ticketkit_auth::{AuthLayer, Caller, cookies::CookiePolicy, testing::TestAuth};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = TestAuth::new();
//! let service = ServiceBuilder::new()
//!     .layer(AuthLayer::new(auth.verifier(), auth.cookies()))
//!     .service(service_fn(async |request: Request<()>| {
//!         let name = match request.extensions().get::<Caller>() {
//!             Some(Caller::User(user)) => user.email().to_owned(),
//!             _ => "nobody".to_owned(),
//!         };
//!         Ok::<_, std::convert::Infallible>(Response::new(name))
//!     }));
//!
//! let request = Request::builder().header("cookie", auth.cookie("ada@example.com")).body(())?;
//! assert_eq!(service.oneshot(request).await?.into_body(), "ada@example.com");
//! # Ok(())
//! # }
//! ```

mod authenticate;
mod service;
#[cfg(feature = "events")]
mod watch;

pub use authenticate::AuthLayer;
pub use service::AuthService;
