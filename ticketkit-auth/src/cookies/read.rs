use http::{HeaderMap, header};

use super::CookiePolicy;

/// What a request has under the name of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// No such cookie.
    Nothing,
    /// One cookie with this value. It was not looked at.
    One(&'a str),
    /// More than one, or one that is no text: it cannot be told which of them is ours.
    Ambiguous,
}

impl<'a> Found<'a> {
    /// Returns the value, if there is exactly one.
    #[must_use]
    pub const fn one(self) -> Option<&'a str> {
        match self {
            Self::One(value) => Some(value),
            Self::Nothing | Self::Ambiguous => None,
        }
    }

    /// Tells whether there is anything under the name.
    #[must_use]
    pub const fn is_present(self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

impl CookiePolicy {
    /// Reads the access token of a request.
    #[must_use]
    pub fn access<'a>(&self, headers: &'a HeaderMap) -> Found<'a> {
        find(headers, self.access_name())
    }

    /// Reads the refresh token of a request.
    #[must_use]
    pub fn refresh<'a>(&self, headers: &'a HeaderMap) -> Found<'a> {
        find(headers, self.refresh_name())
    }

    /// Tells whether a request carries a session, good or bad.
    #[must_use]
    pub fn is_session_in(&self, headers: &HeaderMap) -> bool {
        self.access(headers).is_present() || self.refresh(headers).is_present()
    }
}

/// Looks through all `Cookie` headers; the name must be the same byte by byte.
fn find<'a>(headers: &'a HeaderMap, name: &str) -> Found<'a> {
    let mut found = Found::Nothing;
    for header in headers.get_all(header::COOKIE) {
        let header = header.as_bytes();
        let mut begin = 0;
        for end in memchr::memchr_iter(b';', header).chain([header.len()]) {
            let pair = header[begin..end].trim_ascii();
            begin = end + 1;
            let Some(value) = pair.strip_prefix(name.as_bytes()).map(<[u8]>::trim_ascii_start)
            else {
                continue;
            };
            let Some(value) = value.strip_prefix(b"=") else { continue };
            found = match (found, std::str::from_utf8(value.trim_ascii_start())) {
                (Found::Nothing, Ok(value)) => Found::One(value),
                _ => Found::Ambiguous,
            };
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| value.parse().expect("a header value"));
        values.map(|value| (header::COOKIE, value)).collect()
    }

    #[test]
    fn finds_the_one_of_that_name() {
        let headers = headers(&["a=1; ticketkit-refresh=r;ticketkit=t; ticketkitx=2"]);
        assert_eq!(find(&headers, "ticketkit"), Found::One("t"));
        assert_eq!(find(&headers, "ticketkit-refresh"), Found::One("r"));
        assert_eq!(find(&headers, "Ticketkit"), Found::Nothing);
    }

    #[test]
    fn a_pair_without_a_value_is_no_cookie_of_that_name() {
        assert_eq!(find(&headers(&["ticketkit"]), "ticketkit"), Found::Nothing);
        assert_eq!(find(&headers(&["ticketkit="]), "ticketkit"), Found::One(""));
    }
}
