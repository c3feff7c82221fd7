//! What a process gives the service, and why it may not start.

use std::path::Path;

use ticketkit_auth::{
    Clock, CookiePolicy, CrossSiteLayer, KeyRing,
    keys::{Algorithm, KeyError, secret_from_file},
    password::PasswordError,
};
use ticketkit_core::chassis::{Health, HttpMetrics, Shutdown};
use ticketkit_events::{
    Bus,
    engine::EngineError,
    sql::{Database, DatabaseError},
};

use crate::settings::Settings;

/// What a process gives the service.
#[derive(Debug)]
pub struct Setup {
    /// The service's own database; the service migrates it.
    pub database: Database,
    /// Where events come from and go to.
    pub bus: Bus,
    /// What tokens are made with.
    pub keys: Keys,
    /// How the session's cookies are called and set; it follows from the public URL.
    pub cookies: CookiePolicy,
    /// Refuses what other sites send in a user's name.
    pub cross_site: CrossSiteLayer,
    /// `iss` and `aud` of access tokens.
    pub issuer: String,
    /// Gets the checks `auth.database` and `auth.events`.
    pub health: Health,
    /// The figures of requests, one for the process.
    pub http_metrics: HttpMetrics,
    /// Ends [`AuthService::run`](crate::AuthService::run).
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
}

impl Keys {
    /// Reads the keys from a folder, or makes them there at the first start.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or holds no key.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, KeyError> {
        let folder = folder.as_ref();
        let ring = KeyRing::open(folder, Algorithm::EdDsa)?;
        let refresh_secret = secret_from_file(folder.join("refresh.secret"))?;
        Ok(Self { ring, refresh_secret })
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
    #[error("cannot prepare the database of auth")]
    Database(#[from] DatabaseError),
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
