use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};
use ticketkit_core::chassis::config::Secret;

/// Where the databases are. It may hold a password, so that neither errors nor logs repeat it.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Returns the URL of a service's own database: the one that is named, with the service behind.
    pub(crate) fn of(&self, service: &str) -> String {
        let (base, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let question = if query.is_empty() { "" } else { "?" };
        format!("{}_{service}{question}{query}", base.trim_end_matches('/'))
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |rest: &str| {
            let path = rest.split('?').next().unwrap_or_default();
            path.split_once('/').is_some_and(|(_, name)| !name.trim_matches('/').is_empty())
        };
        match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) if named(rest) => Ok(Self(text.to_owned())),
            _ => Err("must be postgres://USER:PASSWORD@HOST:PORT/NAME"),
        }
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Secret::deserialize(deserializer)?.expose().trim().parse().map_err(D::Error::custom)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_database_of_its_own() {
        let url: DatabaseUrl = "postgres://u:p@db:5432/shop?sslmode=require".parse().unwrap();
        assert_eq!(url.of("events"), "postgres://u:p@db:5432/shop_events?sslmode=require");
        assert!(!format!("{url:?}").contains(":p@"));
        for bad in ["", "mysql://h/x", "postgres://h", "postgres://h/", "postgres://h/?a=b"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }
}
