//! What a process gives the service, and why it may not start.

use std::path::{Path, PathBuf};

use ticketkit_auth::{
    Clock, CookiePolicy, CrossSiteLayer, KeyRing,
    keys::{Algorithm, KeyError, secret_from_file},
    password::PasswordError,
};
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{
    Bus,
    engine::EngineError,
    sql::{Database, DatabaseError},
};

use crate::config::Settings;

/// What a process gives the service.
#[derive(Debug)]
pub struct Setup {
    /// The service's own database; it is migrated at start.
    pub database: Database,
    /// Where events are published.
    pub bus: Bus,
    /// What tokens are made with.
    pub keys: Keys,
    /// How the session's cookies are called and set; it follows from the public URL.
    pub cookies: CookiePolicy,
    /// The cross-site check, with the origins that are trusted beside the own one.
    pub cross_site: CrossSiteLayer,
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Gets the check `auth.database`.
    pub health: Health,
    /// Gets the metric `auth_events`.
    pub metrics: Metrics,
    /// The process's metrics of requests.
    pub http_metrics: HttpMetrics,
    /// Ends the tasks of the service.
    pub shutdown: Shutdown,
    /// What an operator can set.
    pub settings: Settings,
    /// The clock that tokens, sessions and bans go by.
    pub clock: Clock,
}

/// What tokens are made with: all instances of the service need the same, and again after a
/// restart.
#[derive(Clone)]
pub struct Keys {
    pub(crate) ring: KeyRing,
    pub(crate) refresh_secret: Vec<u8>,
    /// Where the ring is from, to take it in again.
    pub(crate) folder: Option<PathBuf>,
}

impl Keys {
    /// Takes the ring that signs access tokens, and the secret of the refresh tokens: at least 32
    /// bytes.
    #[must_use]
    pub const fn new(ring: KeyRing, refresh_secret: Vec<u8>) -> Self {
        Self { ring, refresh_secret, folder: None }
    }

    /// Reads the keys from a folder, or makes them there at the first start. What is changed in the
    /// folder later is taken in while the service runs.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or holds no key.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, KeyError> {
        let folder = folder.as_ref();
        let ring = KeyRing::open(folder, Algorithm::EdDsa)?;
        let refresh_secret = secret_from_file(folder.join("refresh.secret"))?;
        Ok(Self { ring, refresh_secret, folder: Some(folder.to_owned()) })
    }

    /// Returns the ring, which others verify with.
    #[must_use]
    pub const fn ring(&self) -> &KeyRing {
        &self.ring
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("ring", &self.ring).finish_non_exhaustive()
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The setting is no e-mail address.
    #[error("the administrator's e-mail address `{0}` is none")]
    AdminEmail(String),
    /// The database cannot be brought up to date.
    #[error("the database of auth cannot be migrated")]
    Migrate(#[from] DatabaseError),
    /// The database does not answer.
    #[error("the database of auth cannot be read")]
    Read(#[from] sqlx::Error),
    /// The secret of the refresh tokens is unfit.
    #[error("the secret of the refresh tokens is unfit")]
    Secret(#[from] KeyError),
    /// The engine has no fan-out, or cannot be reached.
    #[error("the revocations of other instances cannot be followed")]
    Engine(#[from] EngineError),
    /// Passwords cannot be hashed with the cost that is set.
    #[error("passwords cannot be hashed")]
    Passwords(#[from] PasswordError),
}
