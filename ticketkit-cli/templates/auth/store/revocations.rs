use sqlx::{Any, AnyConnection, Executor, Row};
use ticketkit_auth::revocation::{SessionEntry, Snapshot, UserEntry};
use ticketkit_events::sql::Database;

use super::users::{columns, from_row};

/// Counts a revocation that is made in this transaction, and returns its number.
///
/// The row is locked until the commit, so that numbers are committed in their order. Take it last:
/// others wait for it.
pub(crate) async fn next_position(conn: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "update revocation_stream set position = position + 1 where id = 1 returning position",
    )
    .fetch_one(conn)
    .await?;
    row.try_get("position")
}

/// Returns the number of the last revocation that was committed.
pub(crate) async fn position(conn: impl Executor<'_, Database = Any>) -> Result<i64, sqlx::Error> {
    let row =
        sqlx::query("select position from revocation_stream where id = 1").fetch_one(conn).await?;
    row.try_get("position")
}

/// Returns every revocation since `oldest` (milliseconds since 1970): before it, no token that was
/// valid then is valid still.
pub(crate) async fn snapshot(database: &Database, oldest: i64) -> Result<Snapshot, sqlx::Error> {
    let users = sqlx::query(concat!(
        "select revoked_at, ",
        columns!(),
        " from users where revoked_at >= $1"
    ))
    .bind(oldest)
    .fetch_all(database.reader())
    .await?;
    let sessions = sqlx::query("select id, ended_at from ended_sessions where ended_at >= $1")
        .bind(oldest)
        .fetch_all(database.reader())
        .await?;
    let users = users.iter().map(|row| {
        let user = from_row(row)?;
        let (id, ban) = (user.id.to_string(), user.ban.news());
        Ok(UserEntry::new(&id, user.epoch, Some(ban), row.try_get("revoked_at")?))
    });
    let sessions = sessions
        .iter()
        .map(|row| Ok(SessionEntry::new(row.try_get("id")?, row.try_get("ended_at")?)));
    Ok(Snapshot {
        users: users.collect::<Result<_, sqlx::Error>>()?,
        sessions: sessions.collect::<Result<_, sqlx::Error>>()?,
    })
}

/// Forgets ended sessions of which no token can be valid any more.
pub(crate) async fn sweep(conn: &mut AnyConnection, oldest: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from ended_sessions where ended_at < $1")
        .bind(oldest)
        .execute(conn)
        .await?;
    Ok(())
}
