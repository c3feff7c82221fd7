//! The signed snapshot of revocations, for a service that starts.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use ticketkit_auth::{
    KeyRing,
    keys::{Algorithm, SigningKey},
    revocation::Snapshot,
};
use ticketkit_core::error::Internal;

/// Tells it from access tokens, which the same keys sign.
const TYPE: &str = "ticketkit-revocations+jwt";

/// Signs snapshots as JWS in the compact form, with the active key of the ring.
#[derive(Debug)]
pub(crate) struct SnapshotSigner {
    ring: KeyRing,
    issuer: String,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    /// Seconds since 1970.
    iat: i64,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

impl SnapshotSigner {
    pub(crate) const fn new(ring: KeyRing, issuer: String) -> Self {
        Self { ring, issuer }
    }

    pub(crate) const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// `now` is in seconds since 1970.
    pub(crate) fn sign(&self, snapshot: &Snapshot, now: i64) -> Result<String, Internal> {
        let key = self.ring.active();
        let (algorithm, encoding) = encoding(&key)?;
        let mut header = Header::new(algorithm);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid().to_owned());
        let payload = Payload { iss: &self.issuer, iat: now, snapshot };
        jsonwebtoken::encode(&header, &payload, &encoding).map_err(Internal::new)
    }
}

fn encoding(key: &SigningKey) -> Result<(jsonwebtoken::Algorithm, EncodingKey), Internal> {
    let pem = key.to_pem();
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let bytes = STANDARD.decode(text).map_err(Internal::new)?;
    match key.algorithm() {
        Algorithm::EdDsa => Ok((jsonwebtoken::Algorithm::EdDSA, EncodingKey::from_ed_der(&bytes))),
        Algorithm::Es256 => Ok((jsonwebtoken::Algorithm::ES256, EncodingKey::from_ec_der(&bytes))),
        Algorithm::Hs256 => Ok((jsonwebtoken::Algorithm::HS256, EncodingKey::from_secret(&bytes))),
        other => Err(Internal::new(format!("snapshots cannot be signed with {other}"))),
    }
}
