use ticketkit_events::{BoxError, engine::EngineError};

use crate::keys::KeyError;

/// Why a service cannot follow an issuer: an error of configuration, met at start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The URL is none, or not one that is fetched from.
    #[error("the issuer's URL `{0}` must be https://HOST or http://HOST:PORT, without a path")]
    Url(String),
    /// Whoever is on the way could put keys of their own in place.
    #[error(
        "the issuer's URL `{0}` is plain HTTP off loopback: use https, or \
         `danger_allow_plain_http` inside a network that nobody else is in"
    )]
    PlainHttp(String),
    /// The crate was built without the feature `tls`.
    #[error(
        "the issuer's URL `{0}` is https: turn on the feature `tls` of ticketkit-auth, or bring a \
         `Fetch` with a client of your own"
    )]
    NoTls(String),
    /// Nobody could vouch for the issuer.
    #[cfg(feature = "tls")]
    #[error("the machine has no certificates of authorities: install them, or use `with_tls`")]
    NoRoots,
    /// TLS cannot be used.
    #[cfg(feature = "tls")]
    #[error("TLS cannot be used")]
    Tls(#[source] rustls::Error),
    /// The provider of cryptography does not work.
    #[error("keys cannot be used")]
    Keys(#[from] KeyError),
    /// The engine has no fan-out, or cannot be reached.
    #[error("the revocations cannot be followed")]
    Engine(#[from] EngineError),
}

/// Why a document of the issuer was not had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No answer.
    #[error("cannot fetch {url}")]
    Io {
        /// Of what.
        url: String,
        /// Why not.
        source: BoxError,
    },
    /// An answer that is no success.
    #[error("{url} answers {status}")]
    Status {
        /// Of what.
        url: String,
        /// What came instead of 200.
        status: http::StatusCode,
    },
    /// No answer in time.
    #[error("{url} did not answer within {seconds} s")]
    Timeout {
        /// Of what.
        url: String,
        /// How long was waited.
        seconds: u64,
    },
}
