//! As much of PEM (RFC 7468) as key files need.

use base64::{Engine as _, engine::general_purpose::STANDARD};

pub(super) const PRIVATE_KEY: &str = "PRIVATE KEY";
pub(super) const SECRET_KEY: &str = "SECRET KEY";
pub(super) const RSA_PRIVATE_KEY: &str = "RSA PRIVATE KEY";

pub(super) fn encode(label: &str, content: &[u8]) -> String {
    let text = STANDARD.encode(content);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|&byte| char::from(byte)));
        pem.push('\n');
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// Returns the label and the content of the one document in the text.
pub(super) fn decode(text: &str) -> Option<(&str, Vec<u8>)> {
    let (label, body) = text.trim().strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let body = body.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    let body: String = body.split_ascii_whitespace().collect();
    Some((label, STANDARD.decode(body).ok()?))
}
