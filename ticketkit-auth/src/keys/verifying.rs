use std::fmt;

use aws_lc_rs::{
    digest, hmac,
    signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;

use super::{Algorithm, Jwk, KeyError, jwks::Material, provider};

/// A key that verifies tokens of one algorithm.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    algorithm: Algorithm,
    key: DecodingKey,
    /// Absent for a secret, which never goes into a key set.
    public: Option<Material>,
}

impl VerifyingKey {
    pub(super) fn ed25519(point: &[u8]) -> Result<Self, KeyError> {
        if point.len() != 32 {
            return Err(KeyError::Malformed("an Ed25519 key has 32 bytes"));
        }
        let x = URL_SAFE_NO_PAD.encode(point);
        let kid = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        let key = DecodingKey::from_ed_der(point);
        Ok(Self { kid, algorithm: Algorithm::EdDsa, key, public: Some(Material::Ed25519 { x }) })
    }

    /// Takes an uncompressed point: `4`, x, y.
    pub(super) fn p256(point: &[u8]) -> Result<Self, KeyError> {
        let Some((4, coordinates)) = point.split_first().filter(|(_, rest)| rest.len() == 64)
        else {
            return Err(KeyError::Malformed("a P-256 point has 65 bytes, uncompressed"));
        };
        // Else it is found out with the first token, and only as a wrong signature.
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .map_err(|_| KeyError::Malformed("the point is not on the curve P-256"))?;
        let (x, y) = coordinates.split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let kid = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let key = DecodingKey::from_ec_der(point);
        Ok(Self { kid, algorithm: Algorithm::Es256, key, public: Some(Material::P256 { x, y }) })
    }

    pub(super) fn secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < 32 {
            return Err(KeyError::WeakSecret { length: secret.len() });
        }
        // A keyed value, not a plain hash: the id is public, and must not help to guess a secret
        // that somebody typed.
        let tag =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"ticketkit-auth key id v1");
        let kid = URL_SAFE_NO_PAD.encode(tag);
        let key = DecodingKey::from_secret(secret);
        Ok(Self { kid, algorithm: Algorithm::Hs256, key, public: None })
    }

    pub(super) fn with_kid(mut self, kid: String) -> Self {
        self.kid = kid;
        self
    }

    /// Returns the key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the algorithm that the key is bound to.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the key as a member of a key set; nothing for a secret.
    #[must_use]
    pub fn to_jwk(&self) -> Option<Jwk> {
        Some(Jwk::new(self.kid.clone(), self.public.clone()?))
    }

    /// Returns the thumbprint of RFC 7638; nothing for a secret.
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        self.public.as_ref().map(|public| match public {
            Material::Ed25519 { x } => {
                thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#))
            }
            Material::P256 { x, y } => {
                thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#))
            }
        })
    }

    /// Tells whether a signature of a message is right. For tokens there is
    /// [`TokenVerifier`](crate::TokenVerifier), which looks at all the rest too.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(message, &signature.to_vec())
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        provider::verify(self.algorithm, &self.key, message, signature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn thumbprint(canonical: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}
