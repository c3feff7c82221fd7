use std::sync::Arc;

use super::Claims;
use crate::keys::KeyError;

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is right in all but time.
    #[error("the token has expired")]
    Expired(Arc<Claims>),
    /// It is not a token of ours.
    #[error("the token is invalid")]
    Invalid(#[source] InvalidToken),
}

/// What makes a token invalid: for the log, never for the client.
///
/// It holds nothing that came with the token, so that nobody writes into the log by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// Over [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES); nothing of it was decoded.
    #[error("it is larger than 4096 bytes")]
    TooLarge,
    /// Not three parts.
    #[error("it has not three parts")]
    Parts,
    /// Not base64url without padding, in its one spelling.
    #[error("a part is not canonical base64url")]
    Encoding,
    /// The header is no JSON object of text members, or has a member other than `alg`, `kid` and
    /// `typ` (`crit`, `b64`, `jku`, `x5u`, `jwk`, `x5c`, `zip`, …), or one of them twice.
    #[error("the header is malformed or has a member that is not allowed")]
    Header,
    /// The type is not `at+jwt`.
    #[error("the type is not at+jwt")]
    Type,
    /// No key of that id.
    #[error("the key is unknown")]
    UnknownKey,
    /// The algorithm is not the one of the key.
    #[error("the algorithm is not the one that the key is bound to")]
    Algorithm,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The claims are no JSON object, nested too deep, or one of them is missing, of the wrong
    /// type or there twice.
    #[error("the claims are malformed")]
    Claims,
    /// Another issuer.
    #[error("it is from another issuer")]
    Issuer,
    /// For another audience.
    #[error("it is for another audience")]
    Audience,
    /// Issued in the future.
    #[error("it was issued in the future")]
    IssuedInFuture,
    /// Not valid yet.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It lives longer than the verifier allows, or ends before it begins.
    #[error("its lifetime is not allowed")]
    Lifetime,
    /// The cookie is there more than once.
    #[error("the cookie is there more than once")]
    DuplicateCookie,
    /// Both the cookie and the `Authorization` header.
    #[error("both a cookie and a bearer token")]
    CookieAndBearer,
    /// More than one `Authorization` header, or one that does not parse.
    #[error("the authorization header is malformed")]
    Authorization,
}

/// Why a token cannot be issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The key does not sign.
    #[error("cannot sign the token")]
    Key(#[from] KeyError),
    /// The claims do not serialise.
    #[error("cannot write the claims")]
    Claims(#[from] serde_json::Error),
    /// Claims of one's own are no object.
    #[error("custom claims must be an object, such as a struct or a map")]
    NoObject,
    /// A claim of one's own has a name that the contract has a meaning for.
    #[error("the custom claim `{0}` has a reserved name: choose another")]
    Reserved(String),
    /// The token would be refused everywhere.
    #[error("a token of {0} bytes is too large, at most 4096 are accepted: grant fewer roles")]
    TooLarge(usize),
}
