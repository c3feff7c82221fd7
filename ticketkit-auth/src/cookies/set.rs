use std::fmt;

use http::{HeaderMap, HeaderValue, header};

/// Cookies to set, and with them `Cache-Control: no-store`.
///
/// With the feature `axum` they are a part of a response: `(cookies, Json(body))`.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "cookies do nothing until they are applied to a response"]
pub struct SetCookies(Vec<HeaderValue>);

impl SetCookies {
    pub(super) fn push(&mut self, mut cookie: HeaderValue) {
        cookie.set_sensitive(true);
        self.0.push(cookie);
    }

    pub(super) fn extend(&mut self, cookies: impl IntoIterator<Item = HeaderValue>) {
        for cookie in cookies {
            self.push(cookie);
        }
    }

    /// Adds them to the headers of a response.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for cookie in &self.0 {
            headers.append(header::SET_COOKIE, cookie.clone());
        }
        // A cache in between would hand one user's session to the next.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

impl fmt::Debug for SetCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetCookies({})", self.0.len())
    }
}
