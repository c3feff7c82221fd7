//! What an operator can set.

use std::time::Duration;

use ticketkit_auth::password::Cost;

/// The settings of the auth service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account with this e-mail address gets the role `admin` at sign-up. Unset by default:
    /// then there is no administrator.
    pub admin_email: Option<String>,
    /// How long access tokens live, in whole seconds; 5 minutes by default.
    pub access_lifetime: Duration,
    /// How often `auth.heartbeat` is published: every second where other processes verify tokens,
    /// or issue them too. Not at all by default, since services that share a process share its
    /// view of revocations.
    pub heartbeat: Option<Duration>,
    /// What hashing a password costs. Anything below the default is for tests only.
    pub password_cost: Cost,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            admin_email: None,
            access_lifetime: Duration::from_secs(300),
            heartbeat: None,
            password_cost: Cost::DEFAULT,
        }
    }
}
