//! Telling a database that is out of order from a statement that is wrong.

use std::{error::Error, io};

use sqlx::error::DatabaseError;

/// Returns whether an error, or one of its sources, says that the database is out of
/// order: a full disk, a file that cannot be read, a connection that is lost, a server that is
/// down, or two transactions that stood in each other's way.
///
/// That is no fault of what was tried, and passes without it being changed.
pub(crate) fn is_outage(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<sqlx::Error>() {
            return match found {
                // While a server is down, its pool tries to connect until time is up.
                sqlx::Error::Io(_)
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::PoolClosed
                | sqlx::Error::PoolTimedOut => true,
                sqlx::Error::Database(error) => code_is_outage(&**error),
                _ => false,
            };
        }
        next = error.source();
    }
    false
}

/// Returns whether another process has the file at this moment, or the server is about to start.
pub(super) fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => match Code::of(&**error) {
            Some(Code::Sqlite(code)) => code == 5,
            // cannot_connect_now, too_many_connections
            Some(Code::Postgres(code)) => matches!(code.as_str(), "57P03" | "53300"),
            None => false,
        },
        _ => false,
    }
}

/// Returns whether there is a server, and no such database.
pub(super) fn is_missing(error: &sqlx::Error) -> bool {
    is_postgres(error, &["3D000"])
}

/// Returns whether the database could not be made because there is one, or another process
/// makes it: then the row in the catalogue is the one that clashes.
pub(super) fn is_there(error: &sqlx::Error) -> bool {
    is_postgres(error, &["42P04", "23505"])
}

fn is_postgres(error: &sqlx::Error, codes: &[&str]) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    matches!(Code::of(&**error), Some(Code::Postgres(code)) if codes.contains(&code.as_str()))
}

fn code_is_outage(error: &dyn DatabaseError) -> bool {
    match Code::of(error) {
        // BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
        Some(Code::Sqlite(code)) => matches!(code, 5..=8 | 10 | 11 | 13..=15 | 26),
        Some(Code::Postgres(code)) => {
            // Connections, resources, operators, the system; and a server that became a standby.
            let passes = matches!(&code[..2], "08" | "53" | "57" | "58")
                || matches!(code.as_str(), "25006" | "40001" | "40P01" | "55P03");
            // query_canceled: by a limit on its time, which it will meet again.
            passes && code != "57014"
        }
        None => false,
    }
}

enum Code {
    /// The primary result code, without what extends it.
    Sqlite(i64),
    /// The five characters of SQLSTATE.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "there is none without it"))]
    Postgres(String),
}

impl Code {
    fn of(error: &dyn DatabaseError) -> Option<Self> {
        let code = error.code()?;
        #[cfg(feature = "postgres")]
        if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
            return (code.len() == 5 && code.is_ascii()).then(|| Self::Postgres(code.into_owned()));
        }
        Some(Self::Sqlite(code.parse::<i64>().ok()? & 0xff))
    }
}
