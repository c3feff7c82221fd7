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

/// There is more than one cookie of the name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

impl<'a> Found<'a> {
    fn of(found: Result<Option<&'a [u8]>, Repeated>) -> Self {
        match found.map(|value| value.map(str::from_utf8)) {
            Ok(None) => Self::Nothing,
            Ok(Some(Ok(value))) => Self::One(value),
            Ok(Some(Err(_))) | Err(Repeated) => Self::Ambiguous,
        }
    }

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
        Found::of(self.access_bytes(headers))
    }

    /// As [`access`](Self::access), and without a look at whether it is text.
    pub(crate) fn access_bytes<'a>(
        &self,
        headers: &'a HeaderMap,
    ) -> Result<Option<&'a [u8]>, Repeated> {
        find(headers, self.access_name())
    }

    /// Reads the refresh token of a request.
    #[must_use]
    pub fn refresh<'a>(&self, headers: &'a HeaderMap) -> Found<'a> {
        Found::of(find(headers, self.refresh_name()))
    }

    /// Tells whether a request carries a session, good or bad.
    #[must_use]
    pub fn is_session_in(&self, headers: &HeaderMap) -> bool {
        self.access(headers).is_present() || self.refresh(headers).is_present()
    }
}

/// Looks through all `Cookie` headers; the name must be the same byte by byte.
fn find<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
    let mut found = None;
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
            if found.replace(value.trim_ascii_start()).is_some() {
                return Err(Repeated);
            }
        }
    }
    Ok(found)
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
        assert_eq!(find(&headers, "ticketkit"), Ok(Some(&b"t"[..])));
        assert_eq!(find(&headers, "ticketkit-refresh"), Ok(Some(&b"r"[..])));
        assert_eq!(find(&headers, "Ticketkit"), Ok(None));
    }

    #[test]
    fn a_pair_without_a_value_is_no_cookie_of_that_name() {
        assert_eq!(find(&headers(&["ticketkit"]), "ticketkit"), Ok(None));
        assert_eq!(find(&headers(&["ticketkit="]), "ticketkit"), Ok(Some(&b""[..])));
    }

    #[test]
    fn two_of_a_name_or_what_is_no_text_is_ambiguous() {
        let twice = ["ticketkit=t; ticketkit=t", "ticketkit=; a=1; ticketkit=t"];
        for header in twice {
            assert_eq!(find(&headers(&[header]), "ticketkit"), Err(Repeated), "{header}");
        }
        assert_eq!(find(&headers(&["ticketkit=t", "ticketkit="]), "ticketkit"), Err(Repeated));
        assert_eq!(Found::of(Err(Repeated)), Found::Ambiguous);
        assert_eq!(Found::of(Ok(Some(b"\xff"))), Found::Ambiguous);
        assert_eq!(Found::of(Ok(Some(b"t"))), Found::One("t"));
    }
}
