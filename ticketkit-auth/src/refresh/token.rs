use std::{fmt, time::Duration};

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::RefreshRow;
use crate::{
    keys::KeyError,
    random::{self, RandomError},
};

/// The session id, the secret, and the tag that proves that we made it.
const ID: usize = 16;
const SECRET: usize = 32;
const TAG: usize = 16;

/// Makes refresh tokens and judges them. Cheap to clone.
#[derive(Clone)]
pub struct RefreshTokens {
    key: hmac::Key,
    pub(super) idle: i64,
    pub(super) absolute: i64,
    pub(super) grace: i64,
}

/// A refresh token for a client. Its debug output hides it, and it is never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

/// A token that a client sent, and that was made by us at some time.
#[derive(Clone)]
pub struct PresentedToken {
    session: Uuid,
    secret: [u8; SECRET],
}

impl RefreshTokens {
    /// Makes tokens under a secret of at least 32 bytes: sessions end after 30 days, or 7 without
    /// use, and a parent is good for 10 s more.
    ///
    /// All instances of the service need the same secret, and need it again after a restart.
    ///
    /// # Errors
    ///
    /// If the secret is shorter.
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < 32 {
            return Err(KeyError::WeakSecret { length: secret.len() });
        }
        let day = 24 * 3600 * 1000;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Self { key, idle: 7 * day, absolute: 30 * day, grace: 10_000 })
    }

    /// Sets how long a session lasts without use.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = millis(idle);
        self
    }

    /// Sets how long a session lasts at most.
    #[must_use]
    pub fn absolute(mut self, absolute: Duration) -> Self {
        self.absolute = millis(absolute);
        self
    }

    /// Sets how long the immediate parent is good after its use.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = millis(grace);
        self
    }

    /// Returns the times at and before which sessions have ended by themselves.
    pub(crate) const fn limits(&self, now: i64) -> crate::session::Limits {
        crate::session::Limits {
            used_at: now.saturating_sub(self.idle),
            created_at: now.saturating_sub(self.absolute),
        }
    }

    /// Begins a session: its first token, and the row to store. `now` is in milliseconds.
    ///
    /// # Errors
    ///
    /// If there are no random bytes.
    pub fn start(&self, now: i64) -> Result<(RefreshToken, RefreshRow), RandomError> {
        let session = Uuid::now_v7();
        let secret = random::bytes()?;
        let row = RefreshRow {
            session: session.to_string(),
            current: hash(&secret),
            parent: None,
            created_at: now,
            used_at: now,
        };
        Ok((self.token(session, &secret), row))
    }

    /// Reads a token of a client. Nothing if we never made it: then there is no session to look
    /// for, and none to end.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<PresentedToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes: &[u8; ID + SECRET + TAG] = bytes.as_slice().try_into().ok()?;
        let (id, rest) = bytes.split_first_chunk::<ID>()?;
        let (secret, tag) = rest.split_first_chunk::<SECRET>()?;
        let session = Uuid::from_bytes(*id);
        let expected = self.tag(session, secret);
        aws_lc_rs::constant_time::verify_slices_are_equal(&expected, tag).ok()?;
        Some(PresentedToken { session, secret: *secret })
    }

    pub(super) fn successor(&self, parent: &PresentedToken) -> (RefreshToken, String) {
        let mut secret = [0; SECRET];
        secret.copy_from_slice(&self.keyed(b"successor", parent.session, &parent.secret));
        (self.token(parent.session, &secret), hash(&secret))
    }

    fn token(&self, session: Uuid, secret: &[u8; SECRET]) -> RefreshToken {
        let tag = self.tag(session, secret);
        RefreshToken(URL_SAFE_NO_PAD.encode([session.as_bytes(), &secret[..], &tag].concat()))
    }

    fn tag(&self, session: Uuid, secret: &[u8; SECRET]) -> Vec<u8> {
        let mut tag = self.keyed(b"tag", session, secret);
        tag.truncate(TAG);
        tag
    }

    /// What it is for comes first, so that no output is good for the other purpose.
    fn keyed(&self, purpose: &[u8], session: Uuid, secret: &[u8; SECRET]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"ticketkit refresh v1 ");
        context.update(purpose);
        context.update(&[0]);
        context.update(session.as_bytes());
        context.update(secret);
        context.sign().as_ref().to_vec()
    }
}

impl fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTokens")
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

impl RefreshToken {
    /// Returns the token, as it goes into the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl PresentedToken {
    /// Returns the id of the session, to find its row by.
    #[must_use]
    pub fn session(&self) -> String {
        self.session.to_string()
    }

    pub(super) fn hash(&self) -> String {
        hash(&self.secret)
    }
}

impl fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedToken").field("session", &self.session).finish_non_exhaustive()
    }
}

/// A plain hash is enough: the secret has 256 random bits.
fn hash(secret: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
