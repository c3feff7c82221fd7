//! The id of a request: accepted from the client if it is a UUID, else made.

use std::fmt;

use http::{HeaderName, HeaderValue, Request};
use uuid::Uuid;

/// The header that carries the id, in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, in its extensions behind [`ErrorLayer`](crate::ErrorLayer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl RequestId {
    /// Takes the id of a request: from its extensions, else from its header, else a new one.
    ///
    /// A header that is no bare UUID, or that stands there twice, is not an id.
    pub fn of<B>(request: &Request<B>) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return *known;
        }
        let mut values = request.headers().get_all(X_REQUEST_ID).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()),
            _ => None,
        }
        .unwrap_or_else(|| Self(Uuid::now_v7()))
    }

    fn parse(value: &[u8]) -> Option<Self> {
        // Only the hyphenated form: `urn:uuid:` and braces would not be bare.
        (value.len() == 36).then(|| Uuid::try_parse_ascii(value).ok().map(Self)).flatten()
    }

    /// Returns the id.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// Returns the id as the value of a header.
    #[must_use]
    pub fn to_header(self) -> HeaderValue {
        let mut buffer = Uuid::encode_buffer();
        let text = self.0.hyphenated().encode_lower(&mut buffer);
        // Hexadecimal digits and hyphens are always a header value.
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
    }
}

impl From<Uuid> for RequestId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_id_is_kept_only_if_it_is_a_bare_uuid() {
        let with = |value: &str| {
            let request = Request::builder().header("x-request-id", value).body(()).unwrap();
            RequestId::of(&request).to_string()
        };
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(with(id), id);
        for bad in ["", "abc", "{01890a5d-ac96-774b-bcce-b302099a8057}", &id.replace('-', "")] {
            assert_ne!(with(bad), bad);
            assert_eq!(with(bad).len(), 36);
        }
    }
}
