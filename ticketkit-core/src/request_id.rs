//! The id of a request: accepted from the client if it is a UUID, else made.

mod generate;

use std::fmt;

use http::{HeaderName, HeaderValue, Request};
use uuid::Uuid;

/// The header that carries the id, in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, in its extensions behind [`ErrorLayer`](crate::ErrorLayer).
///
/// ```
/// use ticketkit_core::RequestId;
///
/// let id = "01890a5d-ac96-774b-bcce-b302099a8057";
/// let request = http::Request::builder().header("x-request-id", id).body(()).unwrap();
/// assert_eq!(RequestId::of(&request).to_string(), id);
/// ```
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
        let mut brought = Brought::Nothing;
        request.headers().get_all(X_REQUEST_ID).iter().for_each(|value| brought.note(value));
        match brought {
            Brought::Id(id) => id,
            Brought::Nothing | Brought::NoId => Self(generate::fresh()),
        }
    }

    /// Takes the id of a request as [`of`](Self::of) does, and puts it where the inner services
    /// look for it.
    ///
    /// A header that is no id is removed, so that nobody behind takes it for one; a missing one
    /// stays missing, because writing one costs each request more than reading the extension.
    pub(crate) fn admit<B>(request: &mut Request<B>, brought: Brought) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return *known;
        }
        let id = match brought {
            Brought::Nothing => Self(generate::fresh()),
            Brought::Id(id) => id,
            Brought::NoId => {
                request.headers_mut().remove(X_REQUEST_ID);
                Self(generate::fresh())
            }
        };
        request.extensions_mut().insert(id);
        id
    }

    pub(crate) fn parse(value: &HeaderValue) -> Option<Self> {
        let value = value.as_bytes();
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

    /// Returns `urn:uuid:` and the id.
    pub(crate) fn to_urn(self) -> String {
        let mut buffer = Uuid::encode_buffer();
        self.0.urn().encode_lower(&mut buffer).to_owned()
    }
}

/// What a client brought as an id.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Brought {
    Nothing,
    Id(RequestId),
    /// Something that is no id, or several of them.
    NoId,
}

impl Brought {
    /// Notes one header `x-request-id` of a request.
    pub(crate) fn note(&mut self, value: &HeaderValue) {
        *self = match (&self, RequestId::parse(value)) {
            (Self::Nothing, Some(id)) => Self::Id(id),
            _ => Self::NoId,
        };
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
