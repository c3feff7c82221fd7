use std::convert::Infallible;

use ::axum::extract::FromRequestParts;
use http::{HeaderName, HeaderValue, header, request::Parts};

use crate::error::StaleVersion;

/// The version of an object as an `ETag`: its number in quotes.
#[must_use]
pub fn etag(version: i64) -> (HeaderName, HeaderValue) {
    // Digits and quotes are always a header value.
    let value = HeaderValue::try_from(format!("\"{version}\""));
    (header::ETAG, value.unwrap_or(HeaderValue::from_static("\"\"")))
}

/// The header `If-Match`: the versions that the client is willing to change.
///
/// It never rejects, because the state is judged after the object: ask [`check`](Self::check).
///
/// ```
/// use ticketkit_core::{axum::{IfMatch, etag}, error::StaleVersion};
///
/// /// `PUT` with `If-Match: "3"`: nobody overwrites what they have not seen.
/// async fn update(if_match: IfMatch) -> Result<[(http::HeaderName, http::HeaderValue); 1], StaleVersion> {
///     let version = 3;
///     if_match.check(version)?;
///     Ok([etag(version + 1)])
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::put(update);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Checks the version of the object: without the header, and for `*`, any will do.
    ///
    /// # Errors
    ///
    /// [`StaleVersion`] if the header names others. A weak tag matches nothing (RFC 9110, 13.1.1).
    pub fn check(&self, version: i64) -> Result<(), StaleVersion> {
        let Some(tags) = &self.0 else { return Ok(()) };
        let current = format!("\"{version}\"");
        let matches = tags.iter().any(|tag| tag == "*" || *tag == current);
        if matches { Ok(()) } else { Err(StaleVersion) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Ok(Self(None));
        }
        let tags = values
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(|tag| tag.trim().to_owned());
        Ok(Self(Some(tags.collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_version_matches() {
        let header = |tags: &[&str]| IfMatch(Some(tags.iter().map(|&t| t.to_owned()).collect()));
        assert!(IfMatch(None).check(3).is_ok());
        assert!(header(&["*"]).check(3).is_ok());
        assert!(header(&["\"2\"", "\"3\""]).check(3).is_ok());
        for tags in [&["\"2\""][..], &["3"], &["W/\"3\""], &[""]] {
            assert_eq!(header(tags).check(3), Err(StaleVersion));
        }
    }
}
