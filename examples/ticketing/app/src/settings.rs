mod values;

use std::path::PathBuf;

use serde::Deserialize;
use ticketkit_core::chassis::config::{self, Reference, Secret, parse, parse_option};

pub(crate) use values::{
    Address, Danger, DatabaseUrl, DrainDelay, EventsUrl, Hold, Peer, Throttle,
};

use crate::{forwarded::Proxies, service::Service};

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
    /// The database of the service. The process with all services keeps each in a database of its
    /// own, with the name of the service behind that of the URL.
    #[serde(default, deserialize_with = "values::hidden_option")]
    #[setting(unset = "SQLite in the data folder", form = "`postgres://…`, secret")]
    pub(crate) database_url: Option<DatabaseUrl>,
    /// What carries events from service to service.
    #[serde(default, deserialize_with = "values::hidden_option")]
    #[setting(
        unset = "a file in the data folder",
        form = "`amqp://…`, `amqps://…` or `postgres://…`, secret"
    )]
    pub(crate) events_url: Option<EventsUrl>,
    /// The signing keys and the secret of the refresh tokens, made where there are none. All
    /// processes of the auth service need the same.
    #[serde(default)]
    #[setting(unset = "DATA_DIR/keys", form = "path")]
    pub(crate) keys_dir: Option<PathBuf>,
    /// The auth service, for services that run alone.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "`http://HOST:PORT`")]
    pub(crate) auth_url: Option<Peer>,
    /// The tickets service, for pages that run alone.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "`http://HOST:PORT`")]
    pub(crate) tickets_url: Option<Peer>,
    /// The orders service, for pages that run alone.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "`http://HOST:PORT`")]
    pub(crate) orders_url: Option<Peer>,
    /// The payments service, for pages that run alone.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "`http://HOST:PORT`")]
    pub(crate) payments_url: Option<Peer>,
    /// Whose `x-forwarded-for` is believed: ingresses, and the pages where they run alone. The
    /// address of the client counts failed sign-ins.
    #[serde(deserialize_with = "parse")]
    #[setting(
        default = "none",
        form = "addresses and networks (`10.0.0.0/8`) between commas, or `none`"
    )]
    pub(crate) trusted_proxies: Proxies,
    /// The key that Stripe's API knows the account by. With it and the webhook secret, payments go
    /// by Stripe; without, the built-in provider moves no money.
    #[setting(form = "`sk_…`")]
    pub(crate) stripe_secret_key: Option<Secret>,
    /// The key that browsers show the card fields with; for the pages.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "`pk_…`")]
    pub(crate) stripe_publishable_key: Option<String>,
    /// What Stripe signs its webhooks with; they go to `/api/payments/webhook`.
    #[setting(form = "`whsec_…`")]
    pub(crate) stripe_webhook_secret: Option<Secret>,
    /// Where Stripe's API is, or what speaks it.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(unset = "https://api.stripe.com", form = "URL")]
    pub(crate) stripe_api_base: Option<String>,
    /// Where browsers get Stripe.js from.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(unset = "https://js.stripe.com/v3/", form = "URL")]
    pub(crate) stripe_js_url: Option<String>,
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
    /// Returns where a service that runs elsewhere is reached, and the name of its setting.
    pub(crate) const fn peer(&self, service: Service) -> (&'static str, Option<&Peer>) {
        match service {
            Service::Tickets => ("TICKETING_TICKETS_URL", self.tickets_url.as_ref()),
            Service::Orders => ("TICKETING_ORDERS_URL", self.orders_url.as_ref()),
            Service::Payments => ("TICKETING_PAYMENTS_URL", self.payments_url.as_ref()),
            // What is no other's belongs to who knows the users.
            Service::Auth | Service::Expiration | Service::Web => {
                ("TICKETING_AUTH_URL", self.auth_url.as_ref())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        assert!(settings.database_url.is_none() && settings.events_url.is_none());
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        for name in ["DATABASE_URL", "EVENTS_URL", "AUTH_URL", "PUBLIC_URL"] {
            load(name, "").unwrap();
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let settings = load("DATABASE_URL", "postgres://me:hunter2@localhost/x").unwrap();
        assert!(settings.database_url.is_some());
        assert!(!format!("{settings:?}").contains("hunter2"));
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
            ("EVENTS_URL", "kafka://me:hunter2@localhost", "amqp://"),
            ("EVENTS_URL", "amqp://", "amqp://USER"),
            ("DATABASE_URL", "mysql://me:hunter2@localhost", "postgres://"),
            ("AUTH_URL", "auth:3000", "http://HOST:PORT"),
            ("TICKETS_URL", "https://tickets", "http://HOST:PORT"),
            ("ORDERS_URL", "http://orders/api", "http://HOST:PORT"),
            ("PAYMENTS_URL", "http://me@payments", "http://HOST:PORT"),
            ("TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
            ("TRUSTED_PROXIES", "proxy.example", "10.0.0.0/8"),
        ] {
            let error = load(name, value).unwrap_err();
            assert!(error.contains(&format!("TICKETING_{name}")), "{error}");
            assert!(error.contains(allowed), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
