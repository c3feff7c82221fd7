//! Telling a database that is out of order from a statement that is wrong.

use std::error::Error;

use sqlx::error::DatabaseError;

/// Returns whether an error, or one of its sources, says that the database is out of
/// order: a full disk, a file that cannot be read, a connection that is lost.
///
/// That is no fault of what was tried, and passes without it being changed.
pub(crate) fn is_outage(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<sqlx::Error>() {
            return match found {
                sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => true,
                sqlx::Error::Database(error) => code_is_outage(&**error),
                _ => false,
            };
        }
        next = error.source();
    }
    false
}

/// Returns whether another process has the file at this moment.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if sqlite_code(&**error) == Some(5))
}

fn code_is_outage(error: &dyn DatabaseError) -> bool {
    // BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
    sqlite_code(error).is_some_and(|code| matches!(code, 5..=8 | 10 | 11 | 13..=15 | 26))
}

/// Returns the primary result code of SQLite, without what extends it.
fn sqlite_code(error: &dyn DatabaseError) -> Option<i64> {
    Some(error.code()?.parse::<i64>().ok()? & 0xff)
}
