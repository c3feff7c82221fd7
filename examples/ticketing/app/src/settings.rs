use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, de::Error as _};
use ticketkit_core::chassis::config::{self, Reference, Secret, parse, parse_option};

/// What the names of the variables begin with.
pub(crate) const PREFIX: &str = "TICKETING_";

/// The configuration: `TICKETING_…` in the environment, or the same keys in the TOML file.
///
/// The doc comments are the help, and the table in `docs/src/running.md`.
#[derive(Debug, Clone, Deserialize, config::Settings)]
pub(crate) struct Settings {
    /// Where it listens; port 0 picks a free one, which the line `listening on` tells.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "127.0.0.1:3000", form = "IP address and port")]
    pub(crate) addr: Address,
    /// SQLite files and signing keys.
    #[setting(default = "./ticketing-data")]
    pub(crate) data_dir: PathBuf,
    /// How long a ticket stays locked for its buyer.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "900", form = "seconds from 1 to 604800")]
    pub(crate) hold_seconds: Hold,
    /// What browsers use. It decides on the security of cookies and on the own origin of the
    /// cross-site check.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(unset = "http://ADDR", form = "URL")]
    pub(crate) public_url: Option<String>,
    /// This account gets the role `admin` when it signs up.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "e-mail address")]
    pub(crate) admin_email: Option<String>,
    /// Whether failed sign-ins are counted. `off` is for load tests only.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "on", form = "`on` or `off`")]
    pub(crate) throttle: Throttle,
    /// Allows a public URL with plain HTTP off loopback. Anyone on the way can then take over
    /// sessions.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "no", form = "`yes` or `no`")]
    pub(crate) danger_insecure_cookies: Danger,
    /// How long it goes on to serve, while `/readyz` says `draining`, before it ends. Behind a load
    /// balancer a little longer than that takes to notice.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "0", form = "seconds from 0 to 600")]
    pub(crate) drain_delay_seconds: DrainDelay,
    #[setting(hidden)]
    #[expect(dead_code, reason = "reading it refuses it")]
    database_url: Option<NotBuilt>,
    #[setting(hidden)]
    #[expect(dead_code, reason = "reading it refuses it")]
    events_url: Option<NotBuilt>,
    #[setting(hidden)]
    stripe_secret_key: Option<Secret>,
    #[setting(hidden)]
    stripe_publishable_key: Option<String>,
    #[setting(hidden)]
    stripe_webhook_secret: Option<Secret>,
    #[setting(hidden)]
    stripe_api_base: Option<String>,
    #[setting(hidden)]
    stripe_js_url: Option<String>,
}

/// What can be set, also what is not of this struct.
pub(crate) fn reference() -> Reference {
    Reference::of::<Settings>(PREFIX)
        .variable(
            "RUST_LOG",
            "levels by target, such as `info,sqlx=warn`",
            LOG_LEVELS,
            "What is logged.",
        )
        .variable("LOG_FORMAT", "`text` or `json`", "text", "How it is logged.")
}

/// What is logged where `RUST_LOG` says nothing.
pub(crate) const LOG_LEVELS: &str = "info,sqlx=warn";

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

/// An address to listen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) SocketAddr);

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

impl FromStr for Hold {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(seconds @ 1..=604_800) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("must be a whole number of seconds from 1 to 604800 (a week)"),
        }
    }
}

/// The time between the request to end and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DrainDelay(pub(crate) Duration);

impl FromStr for DrainDelay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(seconds @ 0..=600) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("must be a whole number of seconds from 0 to 600"),
        }
    }
}

/// Whether failed sign-ins are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Throttle {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    use ticketkit_core::chassis::config::settings_from;

    use super::*;

    fn load(name: &str, value: &str) -> Result<Settings, String> {
        let variables = [(format!("TICKETING_{name}"), value.to_owned())];
        settings_from(PREFIX, None, variables).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let settings = load("ADMIN_EMAIL", "").unwrap();
        assert_eq!(settings.addr.0.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.hold_seconds.0, Duration::from_secs(900));
        assert_eq!(settings.throttle, Throttle::On);
        assert_eq!(settings.admin_email, None);
        assert_eq!(settings.drain_delay_seconds.0, Duration::ZERO);
    }

    /// Whoever changes a doc comment above prints the table anew: `cargo ticketing
    /// --config-reference`.
    #[test]
    fn the_page_is_what_the_settings_say() {
        let page = include_str!("../../../../docs/src/running.md");
        let table = reference().to_markdown();
        assert!(page.contains(&table), "docs/src/running.md should hold\n{table}");
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
