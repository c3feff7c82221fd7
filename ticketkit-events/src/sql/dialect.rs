//! What differs between SQLite and PostgreSQL, in one place.

use std::time::Duration;

use super::database::Durability;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
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
            (Self::Postgres, Durability::Full) => "begin",
            // A crash of the server may undo the last of these, in their order.
            (Self::Postgres, Durability::Relaxed) => "begin; set local synchronous_commit = off",
        }
    }

    /// Returns what a new connection executes first.
    pub(crate) fn on_connect(self, read_only: bool) -> &'static str {
        match (self, read_only) {
            (Self::Sqlite, false) => {
                // A checkpoint, which syncs twice, comes with every 32 MiB: a page that was written
                // often meanwhile, as those of an outbox are, goes into the file once.
                "pragma busy_timeout = 10000; pragma journal_mode = wal; \
                 pragma wal_autocheckpoint = 8000; \
                 pragma synchronous = full; pragma foreign_keys = on"
            }
            (Self::Sqlite, true) => {
                "pragma busy_timeout = 10000; pragma foreign_keys = on; pragma query_only = on"
            }
            // Who has begun and says nothing more holds locks, and keeps VACUUM from all that
            // changed since.
            (Self::Postgres, false) => "set idle_in_transaction_session_timeout = '5min'",
            (Self::Postgres, true) => "set session characteristics as transaction read only",
        }
    }

    /// Returns after how long an unused connection has to show that it still works; none if it
    /// cannot stop working.
    pub(crate) fn suspect_after(self) -> Option<Duration> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(Duration::from_secs(1)),
        }
    }

    /// Returns after how long an unused connection is closed.
    pub(crate) fn idle_timeout(self) -> Option<Duration> {
        match self {
            Self::Sqlite => None,
            // Servers have a hundred for everybody.
            Self::Postgres => Some(Duration::from_secs(60)),
        }
    }

    /// Returns how many connections read at the same time.
    pub(crate) fn readers(self, writers: u32) -> u32 {
        match self {
            Self::Sqlite => 4,
            Self::Postgres => (writers / 2).max(2),
        }
    }

    /// Returns how many rows of the outbox a statement takes.
    pub(crate) fn rows_of_an_insert(self) -> usize {
        match self {
            // A statement that is known costs less than one that has to be read, and goes nowhere.
            Self::Sqlite => 1,
            // Each is a way to the server and back.
            Self::Postgres => 100,
        }
    }

    /// Returns how many statements that several share are executed at the same time.
    pub(crate) fn shared_at_once(self) -> usize {
        match self {
            // One writes at a time.
            Self::Sqlite => 1,
            // While one syncs, those that come meanwhile gather for the other.
            Self::Postgres => 2,
        }
    }

    /// Returns how long claims last when nobody renews them.
    pub(crate) fn lease(self) -> Duration {
        match self {
            // All processes share a machine and its clock; what a killed one held
            // comes back soon.
            Self::Sqlite => Duration::from_millis(1500),
            // Longer than a busy server keeps a renewal waiting, and than clocks of machines
            // with NTP differ.
            Self::Postgres => Duration::from_secs(5),
        }
    }

    /// Returns how long a relay holds partitions without renewing its leases.
    pub(crate) fn relay_lease(self) -> Duration {
        match self {
            // Longer than a renewal waits behind other writers, each of which syncs.
            Self::Sqlite => Duration::from_secs(3),
            Self::Postgres => self.lease(),
        }
    }

    /// Returns how many batches of its outbox a relay moves at the same time.
    pub(crate) fn relay_workers(self, writers: u32) -> usize {
        match self {
            // While the engine takes some batches, others are settled and read.
            Self::Sqlite => 4,
            Self::Postgres => usize::try_from(writers.div_ceil(2)).unwrap_or(usize::MAX),
        }
    }

    /// Returns how many partitions of an outbox are read, published and settled together at most.
    pub(crate) fn partitions_at_once(self) -> usize {
        match self {
            // So that the workers have all of them, and share a transaction for each few.
            Self::Sqlite => 4,
            // Who renews several leases in one transaction would lock them in another order than
            // the keeper of the relay does, and PostgreSQL would end one of the two.
            Self::Postgres => 1,
        }
    }

    /// Returns the condition that a row of the outbox belongs to a partition.
    pub(crate) fn of_partition(self, partition: &str) -> String {
        match self {
            // See `clustered.sql`.
            Self::Sqlite => {
                format!("seq between ({partition} + 1) << 48 and (({partition} + 2) << 48) - 1")
            }
            Self::Postgres => format!("partition = {partition}"),
        }
    }

    /// Returns the condition that a row of the outbox is one of some of a partition: that its number
    /// satisfies `numbers`.
    pub(crate) fn rows(self, partition: u8, numbers: &str) -> String {
        match self {
            // The number tells the partition.
            Self::Sqlite => numbers.to_owned(),
            // See `lean.sql`.
            Self::Postgres => format!("partition = {partition} and ({numbers})"),
        }
    }

    /// Returns the condition that a row of the outbox has no partition yet.
    pub(crate) fn of_no_partition(self) -> &'static str {
        match self {
            Self::Sqlite => "seq < 1 << 48",
            Self::Postgres => "partition is null",
        }
    }

    /// Returns what is set in a row that gets the partition `$1`.
    pub(crate) fn assignment(self) -> &'static str {
        match self {
            Self::Sqlite => "partition = $1, seq = seq + (($1 + 1) << 48)",
            Self::Postgres => "partition = $1",
        }
    }

    /// Returns what is added to the selection of rows of `table` that are changed afterwards, so
    /// that two who look at once find different ones.
    pub(crate) fn skip_locked(self, table: &str) -> String {
        match self {
            // Who has begun to write is alone.
            Self::Sqlite => String::new(),
            Self::Postgres => format!(" for update of {table} skip locked"),
        }
    }

    /// Returns the statement that counts the tables called `$1`.
    pub(crate) fn tables_called(self) -> &'static str {
        match self {
            Self::Sqlite => "select count(*) from sqlite_master where type = 'table' and name = $1",
            Self::Postgres => "select count(*) from pg_class where oid = to_regclass($1)",
        }
    }

    /// Puts the dialect's own words into the text of a migration.
    pub(crate) fn render(self, sql: &str) -> String {
        sql.replace(
            "{identity}",
            match self {
                Self::Sqlite => "integer primary key autoincrement",
                Self::Postgres => "bigint generated by default as identity primary key",
            },
        )
    }
}
