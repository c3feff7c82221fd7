use sqlx::{Any, AnyConnection, Executor, Row};
use {{ project.snake }}_contracts::{SessionId, UserId};
use ticketkit_auth::refresh::RefreshRow;
use ticketkit_events::Timestamp;

use super::{
    parsed,
    users::{columns, from_row},
};
use crate::{domain::User, lifetimes::Oldest};

/// A session and its user, as refreshing needs them.
pub(crate) struct Family {
    pub(crate) id: SessionId,
    pub(crate) user: User,
    pub(crate) row: RefreshRow,
}

pub(crate) async fn insert(
    conn: &mut AnyConnection,
    user: UserId,
    row: &RefreshRow,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sessions
             (id, user_id, current_token, parent_token, created_at, used_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.session.as_str())
    .bind(user.to_string())
    .bind(row.current.as_str())
    .bind(row.parent.as_deref())
    .bind(row.created_at)
    .bind(row.used_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Reads a session and its user in one statement, so that both are of one moment: an epoch that is
/// newer than the look at the session would revive a session that was just ended.
pub(crate) async fn find(
    conn: impl Executor<'_, Database = Any>,
    id: &str,
) -> Result<Option<Family>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "select sid, current_token, parent_token, began_at, used_at, ",
        columns!(),
        " from users
         join (
             select id as sid, user_id, current_token, parent_token, created_at as began_at, used_at
             from sessions
             where id = $1
         ) as family on family.user_id = users.id"
    ))
    .bind(id)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Family {
        id: parsed(&row, "sid")?,
        user: from_row(&row)?,
        row: RefreshRow {
            session: row.try_get("sid")?,
            current: row.try_get("current_token")?,
            parent: row.try_get("parent_token")?,
            created_at: row.try_get("began_at")?,
            used_at: row.try_get("used_at")?,
        },
    }))
}

/// Stores what a refresh made of the family `before`, and returns its user; nothing if it was
/// changed since. Of two at once one wins, and the other has to look again.
pub(crate) async fn rotate(
    conn: &mut AnyConnection,
    before: &RefreshRow,
    after: &RefreshRow,
) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query(
        "update sessions
         set current_token = $3, parent_token = $4, used_at = $5
         where id = $1 and current_token = $2
         returning user_id",
    )
    .bind(before.session.as_str())
    .bind(before.current.as_str())
    .bind(after.current.as_str())
    .bind(after.parent.as_deref())
    .bind(after.used_at)
    .fetch_optional(conn)
    .await?;
    row.map(|row| parsed(&row, "user_id")).transpose()
}

/// Ends a family if it is still as it was read; tells whether it was.
pub(crate) async fn end_unchanged(
    conn: &mut AnyConnection,
    row: &RefreshRow,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let gone =
        sqlx::query("delete from sessions where id = $1 and current_token = $2 returning id")
            .bind(row.session.as_str())
            .bind(row.current.as_str())
            .fetch_optional(&mut *conn)
            .await?;
    if gone.is_some() {
        remember_ended(conn, &row.session, now).await?;
    }
    Ok(gone.is_some())
}

/// Ends a session, whoever's it is; nothing if it has ended before.
pub(crate) async fn end(
    conn: &mut AnyConnection,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query("delete from sessions where id = $1 returning user_id")
        .bind(id.to_string())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    remember_ended(conn, &id.to_string(), now).await?;
    parsed(&row, "user_id").map(Some)
}

/// Ends all sessions of a user. Their access tokens end by the epoch.
pub(crate) async fn end_all(conn: &mut AnyConnection, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where user_id = $1")
        .bind(user.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets sessions that nobody can refresh any more.
pub(crate) async fn sweep(conn: &mut AnyConnection, oldest: Oldest) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where used_at <= $1 or created_at <= $2")
        .bind(oldest.used_at)
        .bind(oldest.created_at)
        .execute(conn)
        .await?;
    Ok(())
}

async fn remember_ended(
    conn: &mut AnyConnection,
    id: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into ended_sessions (id, ended_at) values ($1, $2) on conflict (id) do nothing",
    )
    .bind(id)
    .bind(now.as_millis())
    .execute(conn)
    .await?;
    Ok(())
}
