use sqlx::{AnyConnection, Row};
use ticketkit_auth::revocation::{SessionEntry, Snapshot, UserEntry};
use ticketkit_events::sql::Database;

use super::users::{columns, from_row};

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
