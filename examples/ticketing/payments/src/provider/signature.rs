//! Signatures of webhooks: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`.
//!
//! The scheme is the one of Stripe, so that both providers are checked by the same code. More than
//! one `v1` may be there while a secret is being replaced; other schemes are ignored.

use std::time::Duration;

use aws_lc_rs::hmac;
use http::HeaderMap;
use ticketkit_events::Timestamp;

use super::WebhookError;

/// How old a signature may be, and how far ahead.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// Signs a body.
#[must_use]
pub fn sign(key: &hmac::Key, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_millis().div_euclid(1000);
    let tag = hmac::sign(key, &signed(&seconds.to_string(), body));
    format!("t={seconds},v1={}", to_hex(tag.as_ref()))
}

/// Checks the signature of a body.
///
/// # Errors
///
/// What is wrong with it, for the log.
pub fn verify(
    key: &hmac::Key,
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), &'static str> {
    let mut time = None;
    let mut tags = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", _)) if time.is_some() => return Err("two times"),
            Some(("t", seconds)) => time = Some(seconds),
            Some(("v1", tag)) => tags.push(tag),
            _ => {}
        }
    }
    let time = time.ok_or("no time")?;
    let message = signed(time, body);
    // `verify` takes the same time wherever the first difference is.
    let valid =
        |tag: &&str| from_hex(tag).is_some_and(|tag| hmac::verify(key, &message, &tag).is_ok());
    if !tags.iter().any(valid) {
        return Err("no tag is right");
    }
    let seconds: i64 = time.parse().map_err(|_| "the time is no number")?;
    let at = Timestamp::from_millis(seconds.saturating_mul(1000));
    if now.since(at) > TOLERANCE || at.since(now) > TOLERANCE {
        return Err("the time is too far off");
    }
    Ok(())
}

/// Checks the signature in the header `name`, which has to be there once.
///
/// # Errors
///
/// [`WebhookError::Signature`].
pub(super) fn verify_header(
    key: &hmac::Key,
    headers: &HeaderMap,
    name: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), WebhookError> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(WebhookError::Signature("not one signature"));
    };
    let header = value.to_str().unwrap_or_default();
    verify(key, header, body, now).map_err(WebhookError::Signature)
}

fn signed(time: &str, body: &[u8]) -> Vec<u8> {
    [time.as_bytes(), b".", body].concat()
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, b"secret")
    }

    #[test]
    fn only_the_holder_of_the_secret_signs() {
        let header = sign(&key(), NOW, b"{}");
        assert_eq!(verify(&key(), &header, b"{}", NOW), Ok(()));
        assert!(verify(&key(), &header, b"{} ", NOW).is_err());
        let other = hmac::Key::new(hmac::HMAC_SHA256, b"another");
        assert!(verify(&other, &header, b"{}", NOW).is_err());
        let (time, tag) = header.split_once(',').unwrap();
        for bad in ["", "t=,v1=", time, tag, &header[..header.len() - 1], &format!("{time},v1=")] {
            assert!(verify(&key(), bad, b"{}", NOW).is_err(), "{bad}");
        }
        assert!(verify(&key(), &format!("t=1790000001,{tag}"), b"{}", NOW).is_err());
        assert!(verify(&key(), &format!("{time},{header}"), b"{}", NOW).is_err());
    }

    #[test]
    fn an_old_signature_is_none() {
        let header = sign(&key(), NOW, b"{}");
        assert!(verify(&key(), &header, b"{}", NOW + TOLERANCE).is_ok());
        let second = Duration::from_secs(1);
        assert!(verify(&key(), &header, b"{}", NOW + TOLERANCE + second).is_err());
        assert!(verify(&key(), &header, b"{}", NOW - TOLERANCE - second).is_err());
    }

    #[test]
    fn the_tag_is_the_one_that_others_compute() {
        // echo -n '1790000000.{}' | openssl dgst -sha256 -hmac secret
        let header = sign(&key(), NOW, b"{}");
        assert_eq!(header, format!("t=1790000000,v1={EXPECTED}"));
    }

    const EXPECTED: &str = "d0cadd434460d4af55e7ab90d79c1802591d7001a77c9e06471d0e3ec8cc85ae";
}
