//! RSA keys, as far as it takes to say why they are refused: nothing here signs or verifies with one.

use super::KeyError;

const SHORTEST: usize = 2048;

/// 1.2.840.113549.1.1.1, `rsaEncryption`.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Refuses a modulus that can be factored.
pub(super) fn check_modulus(modulus: &[u8]) -> Result<(), KeyError> {
    let leading = modulus.iter().position(|&byte| byte != 0).unwrap_or(modulus.len());
    let modulus = &modulus[leading..];
    let zeros = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = modulus.len() * 8 - zeros;
    if bits < SHORTEST { Err(KeyError::WeakRsa { bits }) } else { Ok(()) }
}

/// Refuses a private key in PKCS#8 that is one for RSA.
pub(super) fn refuse_pkcs8(der: &[u8]) -> Result<(), KeyError> {
    private_key_of(der).map_or(Ok(()), |key| Err(refused_pkcs1(key)))
}

/// Returns why a private key of the form that is for RSA alone (PKCS#1) is refused.
pub(super) fn refused_pkcs1(der: &[u8]) -> KeyError {
    let weak = modulus_of(der).and_then(|modulus| check_modulus(modulus).err());
    weak.unwrap_or(KeyError::Malformed("it is an RSA key"))
}

/// `SEQUENCE { version, SEQUENCE { algorithm, … }, OCTET STRING, … }` (RFC 5958)
fn private_key_of(pkcs8: &[u8]) -> Option<&[u8]> {
    let (key, _) = element(SEQUENCE, pkcs8)?;
    let (_version, key) = element(INTEGER, key)?;
    let (algorithm, key) = element(SEQUENCE, key)?;
    let (algorithm, _) = element(OBJECT_IDENTIFIER, algorithm)?;
    let (key, _) = element(OCTET_STRING, key)?;
    (algorithm == RSA_ENCRYPTION).then_some(key)
}

/// `SEQUENCE { version, modulus, … }` (RFC 8017, A.1.2)
fn modulus_of(pkcs1: &[u8]) -> Option<&[u8]> {
    let (key, _) = element(SEQUENCE, pkcs1)?;
    let (_version, key) = element(INTEGER, key)?;
    Some(element(INTEGER, key)?.0)
}

/// Returns the content of the first element, and what comes after it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], mut rest) = der.split_first_chunk()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let digits;
        // Longer lengths are those of no key.
        (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f).min(3))?;
        length = digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit));
    }
    rest.split_at_checked(length).filter(|_| found == tag)
}
