//! Where a database is, read off its URL.

use std::{fmt, path::Path};

use super::{dialect::Dialect, error::Kind};

/// How many connections write at the same time where the URL does not say.
const CONNECTIONS: u32 = 8;
const MOST_CONNECTIONS: u32 = 1000;

/// The parts of a database's URL.
pub(crate) struct Address {
    pub(crate) dialect: Dialect,
    /// What the driver gets; may hold a password.
    pub(crate) url: String,
    /// For messages: nobody's password.
    pub(crate) name: String,
    /// How many connections write at the same time.
    pub(crate) connections: u32,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Kind> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            // Each connection to a database in memory would be to one of its own.
            "sqlite" if rest.contains(":memory:") || rest.contains("mode=memory") => {
                Err(Kind::Url(
                    "sqlite in memory is not supported: name a file, such as sqlite:///tmp/test.db"
                        .to_owned(),
                ))
            }
            "sqlite" => Ok(Self::sqlite(url)),
            "postgres" | "postgresql" if cfg!(feature = "postgres") => Self::postgres(url),
            "postgres" | "postgresql" => Err(Kind::Url(
                "a postgres:// URL needs the feature `postgres` of ticketkit-events, which this \
                 program was built without"
                    .to_owned(),
            )),
            // Only the scheme is repeated: the rest may hold credentials.
            _ => Err(Kind::Url(format!(
                "no database is known for {scheme:?}; allowed are sqlite:///path/to/file.db and \
                 postgres://user:password@host:5432/database"
            ))),
        }
    }

    fn sqlite(url: &str) -> Self {
        let name = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let url = if url.contains("mode=") {
            url.to_owned()
        } else if url.contains('?') {
            format!("{url}&mode=rwc")
        } else {
            format!("{url}?mode=rwc")
        };
        // One connection behind the pool's queue is first come, first served; several would poll
        // for SQLite's lock with growing pauses.
        Self { dialect: Dialect::Sqlite, url, name, connections: 1 }
    }

    fn postgres(url: &str) -> Result<Self, Kind> {
        let name = postgres_name(url);
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut connections = CONNECTIONS;
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let Some(count) = pair.strip_prefix("connections=") else {
                kept.push(pair);
                continue;
            };
            connections =
                count.parse().ok().filter(|n| (1..=MOST_CONNECTIONS).contains(n)).ok_or_else(
                    || {
                        Kind::Url(format!(
                            "{name}: connections is {count:?}; allowed is 1 to {MOST_CONNECTIONS}"
                        ))
                    },
                )?;
        }
        let mut url = place.to_owned();
        if !kept.is_empty() {
            url.push('?');
            url.push_str(&kept.join("&"));
        }
        check_postgres(&name, &url)?;
        Ok(Self { dialect: Dialect::Postgres, url, name, connections })
    }
}

/// Says what is wrong with a URL before anything is tried with it.
#[cfg(feature = "postgres")]
fn check_postgres(name: &str, url: &str) -> Result<(), Kind> {
    match url.parse::<sqlx::postgres::PgConnectOptions>() {
        Ok(_) => Ok(()),
        // The reasons name a parameter or a part of the URL, never a password.
        Err(error) => Err(Kind::Url(format!(
            "the URL of {name} is not understood ({error}); allowed is \
             postgres://user:password@host:5432/database, special characters percent-encoded"
        ))),
    }
}

#[cfg(not(feature = "postgres"))]
fn check_postgres(_: &str, _: &str) -> Result<(), Kind> {
    Ok(())
}

/// Returns `postgres://host:port/database`.
fn postgres_name(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let place = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("postgres://{host}/{path}"),
        None if !rest.contains('@') => format!("postgres://{authority}/{path}"),
        // An @ further back: a password that is not percent-encoded, and may be in all of it.
        None => "the PostgreSQL database".to_owned(),
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Returns the URL of a SQLite file.
pub(crate) fn sqlite_url(path: &Path) -> String {
    let mut url = String::from("sqlite://");
    for character in path.to_string_lossy().chars() {
        match character {
            '%' => url.push_str("%25"),
            '?' => url.push_str("%3F"),
            '#' => url.push_str("%23"),
            ' ' => url.push_str("%20"),
            other => url.push(other),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_url_does_not_repeat_its_credentials() {
        for url in [
            "mysql://user:canary@host/db",
            "postgres://user:canary@host:port/db",
            "postgres://user:canary?x@host/db",
            "postgres://user:canary/x@host/db",
            "postgres://user:canary#x@host/db",
            "postgres://user:canary@host/db?connections=0",
            "postgres://user:canary@host/db?sslmode=never",
            "sqlite::memory:",
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_url_says_how_many_connections_and_is_named_without_its_credentials() {
        let address = Address::parse(
            "postgres://user:c%40nary@db.example:5433/orders?sslmode=require&connections=20",
        )
        .unwrap();
        assert_eq!(address.name, "postgres://db.example:5433/orders");
        assert_eq!(address.connections, 20);
        assert_eq!(address.url, "postgres://user:c%40nary@db.example:5433/orders?sslmode=require");
        assert!(!format!("{address:?}").contains("nary"));
        let error = Address::parse("postgres://host/db?connections=many").unwrap_err();
        assert_eq!(
            error.to_string(),
            "postgres://host/db: connections is \"many\"; allowed is 1 to 1000"
        );
    }
}
