//! For the tests of services: a token for any user in one line.
//!
//! ```
//! use ticketkit_auth::testing::TestAuth;
//!
//! let auth = TestAuth::new();
//! let cookie = auth.cookie("ada@example.com");
//! let admin = auth.cookie_for(&auth.grant("root@example.com").role("admin"));
//! assert!(auth.verifier().verify(&auth.token("ada@example.com")).is_ok());
//! # let _ = (cookie, admin);
//! ```

pub mod attack;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    AuthLayer, Clock,
    cookies::CookiePolicy,
    keys::{Algorithm, KeyRing},
    token::{Claims, Grant, TokenIssuer, TokenVerifier},
};

/// An issuer and all that a service verifies its tokens with: `iss` and `aud` are `ticketing`, the
/// cookies are those of `http://localhost`.
///
/// # Panics
///
/// Its methods panic where a test can only fail.
#[derive(Debug, Clone)]
pub struct TestAuth {
    ring: KeyRing,
    clock: Clock,
    cookies: CookiePolicy,
}

impl TestAuth {
    /// Makes an issuer with a key of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Clock::system())
    }

    /// Makes an issuer whose tokens follow the clock.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the type says it")]
    pub fn with_clock(clock: Clock) -> Self {
        let ring = KeyRing::generate(Algorithm::EdDsa).expect("the provider makes keys");
        let ring = ring.clock(clock.clone());
        let cookies = CookiePolicy::for_url("http://localhost").expect("a loopback address");
        Self { ring, clock, cookies }
    }

    /// Returns the ring.
    #[must_use]
    pub fn ring(&self) -> KeyRing {
        self.ring.clone()
    }

    /// Returns a verifier of its tokens.
    pub fn verifier(&self) -> TokenVerifier {
        TokenVerifier::new(&self.ring, "ticketing", "ticketing").clock(self.clock.clone())
    }

    /// Returns an issuer of its tokens.
    pub fn issuer(&self) -> TokenIssuer {
        TokenIssuer::new(self.ring(), "ticketing", "ticketing").clock(self.clock.clone())
    }

    /// Returns the cookie policy.
    #[must_use]
    pub fn cookies(&self) -> CookiePolicy {
        self.cookies.clone()
    }

    /// Returns a layer that accepts its tokens.
    pub fn layer(&self) -> AuthLayer {
        AuthLayer::new(self.verifier(), self.cookies())
    }

    /// Returns a grant for a user with this address: the same id each time, a new session.
    pub fn grant(&self, email: &str) -> Grant {
        let id = user_id(email);
        Grant::new(id, Uuid::now_v7().to_string()).email(email)
    }

    /// Returns a token for a user with this address.
    #[must_use]
    pub fn token(&self, email: &str) -> String {
        self.token_for(&self.grant(email))
    }

    /// Returns a token for a grant.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the type says it")]
    pub fn token_for(&self, grant: &Grant) -> String {
        self.issuer().issue(grant).expect("the grant is small").as_str().to_owned()
    }

    /// Returns the value of a `Cookie` header for a user with this address.
    #[must_use]
    pub fn cookie(&self, email: &str) -> String {
        self.cookie_for(&self.grant(email))
    }

    /// Returns the value of a `Cookie` header for a grant.
    #[must_use]
    pub fn cookie_for(&self, grant: &Grant) -> String {
        format!("{}={}", self.cookies.access_name(), self.token_for(grant))
    }

    /// Signs the first two parts of a token, whatever is in them.
    #[expect(clippy::expect_used, reason = "the type says that it panics")]
    pub(crate) fn sign(&self, message: &str) -> String {
        let signature = self.ring.active().sign(message.as_bytes()).expect("the key signs");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the verified claims of a token for a user with this address.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the type says it")]
    pub fn claims(&self, email: &str) -> Arc<Claims> {
        self.verifier().verify(&self.token(email)).expect("the token is of this issuer")
    }
}

impl Default for TestAuth {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the id of the user with this address: a UUID that depends on it alone.
#[must_use]
pub fn user_id(email: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, email.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
