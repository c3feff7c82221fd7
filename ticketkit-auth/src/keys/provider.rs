//! The one place where the cryptographic provider is chosen.

use jsonwebtoken::{
    DecodingKey, EncodingKey,
    crypto::{CryptoProvider, aws_lc},
};

use super::{Algorithm, KeyError};

/// Named at every call, never looked up: `jsonwebtoken`'s own look-up panics on the first request
/// where another crate in the build turned its second provider on.
static PROVIDER: &CryptoProvider = &aws_lc::DEFAULT_PROVIDER;

/// Installs the provider for the process and proves that it works.
///
/// Whoever else uses `jsonwebtoken` in this process gets the same one, unless they installed
/// theirs before; this crate uses its own in any case. Every key ring calls it when it is made.
///
/// # Errors
///
/// If the provider cannot sign and verify.
pub fn install_crypto_provider() -> Result<(), KeyError> {
    if PROVIDER.install_default().is_err() {
        tracing::trace!("a provider of cryptography is installed already");
    }
    let secret = [0x5a; 32];
    let message = b"self-test";
    let signature = sign(Algorithm::Hs256, &EncodingKey::from_secret(&secret), message)?;
    verify(Algorithm::Hs256, &DecodingKey::from_secret(&secret), message, &signature)
        .then_some(())
        .ok_or(KeyError::Provider)
}

pub(crate) fn sign(
    algorithm: Algorithm,
    key: &EncodingKey,
    message: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let signer =
        (PROVIDER.signer_factory)(&algorithm.jose(), key).map_err(|_| KeyError::Provider)?;
    signer.try_sign(message).map_err(|_| KeyError::Provider)
}

/// Tells whether the signature is right; whatever goes wrong is a no.
pub(crate) fn verify(
    algorithm: Algorithm,
    key: &DecodingKey,
    message: &[u8],
    signature: &Vec<u8>,
) -> bool {
    (PROVIDER.verifier_factory)(&algorithm.jose(), key)
        .is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
}
