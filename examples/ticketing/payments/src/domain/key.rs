//! The header `Idempotency-Key`.

use http::{HeaderMap, HeaderName};
use ticketkit_core::FieldError;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A name that a client gives to a request, so that sending it twice is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in bytes.
    const MAX: usize = 255;

    /// Reads the key of a request that has one.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, FieldError> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let key = value.to_str().unwrap_or_default();
        // Visible ASCII: anything else is compared differently by someone on the way.
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if values.next().is_some() || !visible || !(1..=Self::MAX).contains(&key.len()) {
            return Err(FieldError::new("must be one key of 1 to 255 visible ASCII characters")
                .parameter("Idempotency-Key")
                .code("format"));
        }
        Ok(Some(Self(key.to_owned())))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&[u8]]) -> Result<Option<IdempotencyKey>, FieldError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        }
        IdempotencyKey::of(&headers)
    }

    #[test]
    fn one_short_visible_key_or_none() {
        assert_eq!(of(&[]), Ok(None));
        assert!(of(&[b"8e03978e-40d5-43e8-bc93-6894a57f9324"]).unwrap().is_some());
        assert!(of(&[&[b'k'; 255]]).unwrap().is_some());
        for bad in [&[&b""[..]][..], &[b"a b"], &[b"\xc3\xa4"], &[b"a", b"a"], &[&[b'k'; 256]]] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }
}
