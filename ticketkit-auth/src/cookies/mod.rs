//! Cookies: under what names the tokens travel, how they are set, cleared and read.
//!
//! A [`CookiePolicy`] follows from the public URL of the system. Over https the cookies are called
//! `__Host-ticketkit` and `__Host-ticketkit-refresh`, and no sibling domain and no plain
//! connection can set them. Over plain HTTP, for development on a loopback address, they are
//! `ticketkit` and `ticketkit-refresh`, without `Secure`; anywhere else that is refused.
//!
//! ```
//! use http::HeaderMap;
//! use ticketkit_auth::cookies::CookiePolicy;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = CookiePolicy::for_url("https://tickets.example.com")?;
//! let mut headers = HeaderMap::new();
//! policy.session("an.access.token", Some("a-refresh-token"))?.apply(&mut headers);
//! assert_eq!(
//!     headers["set-cookie"],
//!     "__Host-ticketkit=an.access.token; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800",
//! );
//! assert_eq!(headers["cache-control"], "no-store");
//! # Ok(())
//! # }
//! ```

mod error;
mod policy;
mod read;
mod set;
mod url;

pub use error::CookieError;
pub use policy::CookiePolicy;
pub use read::Found;
pub use set::SetCookies;
pub(crate) use url::Origin;
