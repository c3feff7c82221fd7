//! What differs between SQLite and PostgreSQL, in one place.

use std::{path::Path, time::Duration};

use super::{database::Durability, error::Kind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
}

impl Dialect {
    /// Reads the dialect off a URL.
    pub(crate) fn of(url: &str) -> Result<Self, Kind> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            // Each connection to a database in memory would be to one of its own.
            "sqlite" if rest.contains(":memory:") || rest.contains("mode=memory") => Err(Kind::Url(
                "sqlite in memory is not supported: name a file, such as sqlite:///tmp/test.db".to_owned(),
            )),
            "sqlite" => Ok(Self::Sqlite),
            "postgres" | "postgresql" => Err(Kind::Url(
                "a postgres:// URL needs the feature `postgres` of ticketkit-events, which this program was built without".to_owned(),
            )),
            // Only the scheme is repeated: the rest may hold credentials.
            _ => Err(Kind::Url(format!(
                "no database is known for {scheme:?}; allowed is sqlite:///path/to/file.db"
            ))),
        }
    }

    /// Returns the URL that the driver gets.
    pub(crate) fn url(self, url: &str) -> String {
        match self {
            Self::Sqlite if url.contains("mode=") => url.to_owned(),
            Self::Sqlite if url.contains('?') => format!("{url}&mode=rwc"),
            Self::Sqlite => format!("{url}?mode=rwc"),
        }
    }

    /// Returns the statement that begins a writing transaction.
    pub(crate) fn begin(self, durability: Durability) -> &'static str {
        match (self, durability) {
            // IMMEDIATE: a transaction that reads first and writes later would fail
            // with SQLITE_BUSY_SNAPSHOT when another has written in between.
            // The level is set each time: it stays with the connection.
            (Self::Sqlite, Durability::Full) => "pragma synchronous = full; begin immediate",
            // In WAL mode NORMAL syncs at checkpoints alone: a power cut may undo
            // the last of these transactions, a killed process does not.
            (Self::Sqlite, Durability::Relaxed) => "pragma synchronous = normal; begin immediate",
        }
    }

    /// Returns what a new connection executes first.
    pub(crate) fn on_connect(self, read_only: bool) -> &'static str {
        match (self, read_only) {
            (Self::Sqlite, false) => {
                "pragma busy_timeout = 10000; pragma journal_mode = wal; \
                 pragma synchronous = full; pragma foreign_keys = on"
            }
            (Self::Sqlite, true) => {
                "pragma busy_timeout = 10000; pragma foreign_keys = on; pragma query_only = on"
            }
        }
    }

    /// Returns how many connections may write at the same time.
    pub(crate) fn writers(self) -> u32 {
        match self {
            // One connection behind the pool's queue is first come, first served;
            // several would poll for SQLite's lock with growing pauses.
            Self::Sqlite => 1,
        }
    }

    /// Returns how long claims last when nobody renews them.
    pub(crate) fn lease(self) -> Duration {
        match self {
            // All processes share a machine and its clock; what a killed one held
            // comes back soon.
            Self::Sqlite => Duration::from_millis(1500),
        }
    }

    /// Puts the dialect's own words into the text of a migration.
    pub(crate) fn render(self, sql: &str) -> String {
        match self {
            Self::Sqlite => sql.replace("{identity}", "integer primary key autoincrement"),
        }
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
        for url in
            ["mysql://user:canary@host/db", "postgres://user:canary@host/db", "sqlite::memory:"]
        {
            let error = Dialect::of(url).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
