use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, de::Error as _};
use ticketkit_core::chassis::config::{Secret, parse, parse_option};

/// The configuration: `TICKETING_…` in the environment, or the same keys in the TOML file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Settings {
    /// Where the process listens; port 0 picks a free one.
    #[serde(default, deserialize_with = "parse")]
    pub(crate) addr: Address,
    /// SQLite files and keys.
    #[serde(default = "data_dir")]
    pub(crate) data_dir: PathBuf,
    /// How long a ticket stays locked for its buyer.
    #[serde(default, deserialize_with = "parse")]
    pub(crate) hold_seconds: Hold,
    /// What browsers use; the address where it is not set.
    #[serde(default, deserialize_with = "parse_option")]
    pub(crate) public_url: Option<String>,
    /// This account gets the role `admin` at sign-up.
    #[serde(default, deserialize_with = "parse_option")]
    pub(crate) admin_email: Option<String>,
    /// Whether failed sign-ins are counted.
    #[serde(default, deserialize_with = "parse")]
    pub(crate) throttle: Throttle,
    /// Allows session cookies over plain HTTP off loopback: anyone on the way can read them.
    #[serde(default, deserialize_with = "parse")]
    pub(crate) danger_insecure_cookies: Danger,
    #[serde(default)]
    #[expect(dead_code, reason = "reading it refuses it")]
    database_url: Option<NotBuilt>,
    #[serde(default)]
    #[expect(dead_code, reason = "reading it refuses it")]
    events_url: Option<NotBuilt>,
    #[serde(default)]
    stripe_secret_key: Option<Secret>,
    #[serde(default)]
    stripe_publishable_key: Option<String>,
    #[serde(default)]
    stripe_webhook_secret: Option<Secret>,
    #[serde(default)]
    stripe_api_base: Option<String>,
    #[serde(default)]
    stripe_js_url: Option<String>,
}

impl Settings {
    /// Tells whether a setting of the Stripe provider is there.
    pub(crate) fn asks_for_stripe(&self) -> bool {
        self.stripe_secret_key.is_some()
            || self.stripe_publishable_key.is_some()
            || self.stripe_webhook_secret.is_some()
            || self.stripe_api_base.is_some()
            || self.stripe_js_url.is_some()
    }
}

fn data_dir() -> PathBuf {
    PathBuf::from("./ticketing-data")
}

/// An address to listen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl Default for Address {
    fn default() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 3000)))
    }
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| {
            "must be an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000 (port 0 picks \
             a free one)"
        })
    }
}

/// The length of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold(pub(crate) Duration);

impl Default for Hold {
    fn default() -> Self {
        Self(Duration::from_secs(900))
    }
}

impl FromStr for Hold {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(seconds @ 1..=604_800) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("must be a whole number of seconds from 1 to 604800 (a week)"),
        }
    }
}

/// Whether failed sign-ins are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Throttle {
    #[default]
    On,
    Off,
}

impl FromStr for Throttle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("must be `on` or `off`"),
        }
    }
}

/// Whether something dangerous is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Danger(pub(crate) bool);

impl FromStr for Danger {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "yes" => Ok(Self(true)),
            "no" => Ok(Self(false)),
            _ => Err("must be `yes` or `no`"),
        }
    }
}

/// A setting of the contract that this version cannot honour: refused, never ignored. The value
/// may hold a password, so that it is not repeated.
#[derive(Debug, Clone)]
struct NotBuilt;

impl<'de> Deserialize<'de> for NotBuilt {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let sentence = "this version runs on its embedded databases alone; leave it unset";
        Err(D::Error::custom(sentence))
    }
}

#[cfg(test)]
mod tests {
    use ticketkit_core::chassis::config::load_from;

    use super::*;

    fn load(name: &str, value: &str) -> Result<Settings, String> {
        let variables = [(format!("TICKETING_{name}"), value.to_owned())];
        load_from("TICKETING_", None, variables).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let settings = load("ADMIN_EMAIL", "").unwrap();
        assert_eq!(settings.addr.0.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.hold_seconds.0, Duration::from_secs(900));
        assert_eq!(settings.throttle, Throttle::On);
        assert_eq!(settings.admin_email, None);
    }

    #[test]
    fn a_bad_value_is_refused_with_its_variable_and_what_is_allowed() {
        for (name, value, allowed) in [
            ("ADDR", "nonsense", "127.0.0.1:3000"),
            ("HOLD_SECONDS", "abc", "604800"),
            ("HOLD_SECONDS", "0", "604800"),
            ("HOLD_SECONDS", "-1", "604800"),
            ("HOLD_SECONDS", "1.5", "604800"),
            ("THROTTLE", "maybe", "`on` or `off`"),
            ("EVENTS_URL", "amqp://me:hunter2@localhost", "leave it unset"),
            ("DATABASE_URL", "postgres://localhost", "leave it unset"),
        ] {
            let error = load(name, value).unwrap_err();
            assert!(error.contains(&format!("TICKETING_{name}")), "{error}");
            assert!(error.contains(allowed), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
