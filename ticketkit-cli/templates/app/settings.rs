{% if project.sqlite or project.auth %}
use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};
{% else %}
use std::{net::SocketAddr, str::FromStr, time::Duration};
{% endif %}

use serde::Deserialize;
use ticketkit_core::chassis::config::{self, Reference, parse{% if project.auth %}, parse_option{% endif %}};
{% if project.postgres %}

pub(crate) use crate::database_url::DatabaseUrl;
{% endif %}

/// What the names of the variables begin with.
pub(crate) const PREFIX: &str = "{{ project.shouted }}_";

/// The configuration: `{{ project.shouted }}_…` in the environment, or the same keys in the TOML file.
///
/// The doc comments are the help, and the table in `README.md`.
#[derive(Debug, Clone, Deserialize, config::Settings)]
pub(crate) struct Settings {
    /// Where it listens; port 0 picks a free one, which the line `listening on` tells.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "127.0.0.1:3000", form = "IP address and port")]
    pub(crate) addr: Address,
{% if project.sqlite %}
    /// {{ project.data }}
    #[setting(default = "./data")]
    pub(crate) data_dir: PathBuf,
{% endif %}
{% if project.sqlite and project.postgres %}
    /// The PostgreSQL server. Each service has a database of its own on it, with the name of the
    /// service behind the one that is named.
    #[setting(
        unset = "files in DATA_DIR",
        form = "`postgres://USER:PASSWORD@HOST:PORT/NAME`",
        secret
    )]
    pub(crate) database_url: Option<DatabaseUrl>,
{% elif project.postgres %}
    /// The PostgreSQL server. Each service has a database of its own on it, with the name of the
    /// service behind the one that is named.
    #[setting(form = "`postgres://USER:PASSWORD@HOST:PORT/NAME`", secret)]
    pub(crate) database_url: DatabaseUrl,
{% endif %}
{% if project.auth and project.postgres and project.sqlite %}
    /// The signing keys, made where there are none. All processes need the same.
    #[serde(default)]
    #[setting(unset = "DATA_DIR/keys", form = "path")]
    pub(crate) keys_dir: Option<PathBuf>,
{% elif project.auth and project.postgres %}
    /// The signing keys, made where there are none. All processes need the same.
    #[setting(default = "./keys")]
    pub(crate) keys_dir: PathBuf,
{% endif %}
{% if project.auth %}
    /// What browsers use. It decides on the security of cookies.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(unset = "http://ADDR", form = "URL")]
    pub(crate) public_url: Option<String>,
    /// This account gets the role `admin` when it signs up.
    #[serde(default, deserialize_with = "parse_option")]
    #[setting(form = "e-mail address")]
    pub(crate) admin_email: Option<String>,
{% endif %}
    /// How long it goes on to serve, while `/readyz` says `draining`, before it ends.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "0", form = "seconds from 0 to 600")]
    pub(crate) drain_delay_seconds: DrainDelay,
}

/// What is logged where `RUST_LOG` says nothing.
pub(crate) const LOG_LEVELS: &str = "info,sqlx=warn";

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

#[cfg(test)]
mod tests {
    use ticketkit_core::chassis::config::settings_from;

    use super::*;

{% if project.sqlite %}
    fn load(name: &str, value: &str) -> Result<Settings, String> {
        let variables = [(format!("{PREFIX}{name}"), value.to_owned())];
        settings_from(PREFIX, None, variables).map_err(|error| error.to_string())
    }
{% else %}
    /// The least that must be set.
    fn least() -> (String, String) {
        (format!("{PREFIX}DATABASE_URL"), "postgres://u:p@db/{{ project.snake }}".to_owned())
    }

    fn load(name: &str, value: &str) -> Result<Settings, String> {
        let variables = [least(), (format!("{PREFIX}{name}"), value.to_owned())];
        settings_from(PREFIX, None, variables).map_err(|error| error.to_string())
    }
{% endif %}

    #[test]
    fn what_is_not_set_has_its_default() {
{% if project.sqlite %}
        let none = Vec::<(String, String)>::new();
        let settings: Settings = settings_from(PREFIX, None, none).unwrap();
{% else %}
        let settings: Settings = settings_from(PREFIX, None, [least()]).unwrap();
{% endif %}
        assert_eq!(settings.addr.0.to_string(), "127.0.0.1:3000");
        assert_eq!(settings.drain_delay_seconds.0, Duration::ZERO);
    }

    #[test]
    fn a_bad_value_is_refused_with_its_variable_and_what_is_allowed() {
        for (name, value, allowed) in
            [("ADDR", "nonsense", "127.0.0.1:3000"), ("DRAIN_DELAY_SECONDS", "-1", "600")]
        {
            let error = load(name, value).unwrap_err();
            assert!(error.contains(&format!("{PREFIX}{name}")), "{error}");
            assert!(error.contains(allowed), "{error}");
        }
    }

    /// Whoever changes a doc comment above prints the table anew: `cargo run -- --config-reference`.
    #[test]
    fn the_page_is_what_the_settings_say() {
        let table = reference().to_markdown();
        assert!(include_str!("../../README.md").contains(&table), "README.md should hold\n{table}");
    }
}
