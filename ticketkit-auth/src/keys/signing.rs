use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use jsonwebtoken::EncodingKey;

use super::{Algorithm, KeyError, VerifyingKey, pem, provider, rsa};
use crate::random;

/// A private key, bound to one algorithm. Never printed, never in a key set.
#[derive(Clone)]
pub struct SigningKey {
    encoding: EncodingKey,
    verifying: VerifyingKey,
}

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// If the provider of cryptography fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Provider)?;
                Self::from_pkcs8(pair.to_pkcs8v1().map_err(|_| KeyError::Provider)?.as_ref())
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                    .map_err(|_| KeyError::Provider)?;
                Self::from_pkcs8(pair.to_pkcs8v1().map_err(|_| KeyError::Provider)?.as_ref())
            }
            Algorithm::Hs256 => Self::from_secret(&random::bytes::<32>()?),
        }
    }

    /// Reads a PKCS#8 document (DER) of an Ed25519 or a P-256 key.
    ///
    /// # Errors
    ///
    /// If it is neither; an RSA key is refused by name, and a weak one as [`KeyError::WeakRsa`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        rsa::refuse_pkcs8(der)?;
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
            let verifying = VerifyingKey::ed25519(pair.public_key().as_ref())?;
            return Ok(Self { encoding: EncodingKey::from_ed_der(der), verifying });
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| KeyError::Malformed("it does not parse as either"))?;
        let verifying = VerifyingKey::p256(pair.public_key().as_ref())?;
        Ok(Self { encoding: EncodingKey::from_ec_der(der), verifying })
    }

    /// Takes a secret for HS256.
    ///
    /// # Errors
    ///
    /// If it has less than 32 bytes.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        let verifying = VerifyingKey::secret(secret)?;
        Ok(Self { encoding: EncodingKey::from_secret(secret), verifying })
    }

    /// Reads a PEM file: `PRIVATE KEY` (PKCS#8, as `openssl genpkey` writes it) or `SECRET KEY`.
    ///
    /// # Errors
    ///
    /// If it is neither, or the key in it is of another kind.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match pem::decode(text).ok_or(KeyError::Malformed("it is not a PEM file"))? {
            (pem::PRIVATE_KEY, der) => Self::from_pkcs8(&der),
            (pem::SECRET_KEY, secret) => Self::from_secret(&secret),
            (pem::RSA_PRIVATE_KEY, der) => Err(rsa::refused_pkcs1(&der)),
            _ => Err(KeyError::Malformed("the PEM file is none of a PRIVATE KEY or SECRET KEY")),
        }
    }

    /// Writes the key as PEM. Who reads it can sign tokens.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let label =
            if self.algorithm().is_symmetric() { pem::SECRET_KEY } else { pem::PRIVATE_KEY };
        pem::encode(label, self.encoding.as_bytes())
    }

    /// Returns the key id: the thumbprint of the public key (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        self.verifying.kid()
    }

    /// Returns the algorithm that the key is bound to.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm()
    }

    /// Returns the key that verifies what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        provider::sign(self.algorithm(), &self.encoding, message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}
