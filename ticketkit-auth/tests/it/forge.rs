//! Makes tokens that no issuer would make.

use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use ticketkit_auth::{
    ManualClock, TokenVerifier,
    keys::{Algorithm, KeyRing},
    token::{InvalidToken, VerifyError},
};

/// A key, a verifier that trusts it, and the means to sign anything with it.
pub(crate) struct Forge {
    pub(crate) time: ManualClock,
    pub(crate) ring: KeyRing,
    pub(crate) verifier: TokenVerifier,
}

impl Forge {
    pub(crate) fn new() -> Self {
        Self::with(Algorithm::EdDsa)
    }

    pub(crate) fn with(algorithm: Algorithm) -> Self {
        let time = ManualClock::default();
        let ring = KeyRing::generate(algorithm).expect("a key");
        let verifier = TokenVerifier::new(&ring, "ticketing", "ticketing").clock(time.clock());
        Self { time, ring, verifier }
    }

    pub(crate) fn now(&self) -> i64 {
        self.time.clock().unix_seconds()
    }

    pub(crate) fn header(&self) -> Value {
        let key = self.ring.active();
        json!({ "alg": key.algorithm().name(), "kid": key.kid(), "typ": "at+jwt" })
    }

    pub(crate) fn claims(&self) -> Value {
        let now = self.now();
        json!({
            "iss": "ticketing", "aud": "ticketing", "sub": "user", "sid": "session", "jti": "id",
            "iat": now, "exp": now + 300, "epo": 0, "roles": ["admin"], "email": "ada@example.com",
        })
    }

    /// Signs any header and any claims with the right key.
    pub(crate) fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.signature(&message);
        format!("{message}.{signature}")
    }

    pub(crate) fn signature(&self, message: &str) -> String {
        let key = self.ring.active();
        let content = pem_content(&key.to_pem());
        let (key, algorithm) = match key.algorithm() {
            Algorithm::EdDsa => {
                (EncodingKey::from_ed_der(&content), jsonwebtoken::Algorithm::EdDSA)
            }
            Algorithm::Es256 => {
                (EncodingKey::from_ec_der(&content), jsonwebtoken::Algorithm::ES256)
            }
            _ => (EncodingKey::from_secret(&content), jsonwebtoken::Algorithm::HS256),
        };
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).expect("a signature")
    }

    pub(crate) fn token(&self) -> String {
        self.with_claims(&self.claims())
    }

    pub(crate) fn with_claims(&self, claims: &Value) -> String {
        self.sign(self.header().to_string().as_bytes(), claims.to_string().as_bytes())
    }

    pub(crate) fn with_header(&self, header: &Value) -> String {
        self.sign(header.to_string().as_bytes(), self.claims().to_string().as_bytes())
    }

    /// A token with one claim replaced; without a value, left out.
    pub(crate) fn claim(&self, name: &str, value: Option<Value>) -> String {
        self.with_claims(&changed(self.claims(), name, value))
    }

    /// A token with one member of the header replaced; without a value, left out.
    pub(crate) fn member(&self, name: &str, value: Option<Value>) -> String {
        self.with_header(&changed(self.header(), name, value))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.time.advance(Duration::from_secs(seconds));
    }

    /// The reason for which the verifier refuses a token.
    #[track_caller]
    pub(crate) fn refused(&self, token: &str) -> InvalidToken {
        match self.verifier.verify(token) {
            Err(VerifyError::Invalid(reason)) => reason,
            other => panic!("not refused: {other:?} for {token}"),
        }
    }
}

pub(crate) fn changed(mut object: Value, name: &str, value: Option<Value>) -> Value {
    let members = object.as_object_mut().expect("an object");
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    object
}

pub(crate) fn pem_content(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).expect("PEM")
}
