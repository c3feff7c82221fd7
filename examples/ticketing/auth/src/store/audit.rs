use sqlx::{Any, AnyConnection, Executor, Row, any::AnyRow};
use ticketing_contracts::{Timestamp, UserId};
use uuid::Uuid;

use super::{before, parsed, parsed_option, time};
use crate::{
    audit::{Entry, Kind},
    peer::Peer,
};

/// An entry as it is read.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) reason: Option<String>,
    pub(crate) actor: Option<UserId>,
    pub(crate) address: Option<String>,
}

pub(crate) async fn insert(
    conn: &mut AnyConnection,
    entry: &Entry<'_>,
    peer: &Peer,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into audit (id, at, kind, user_id, actor_id, address, reason)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(now.as_millis())
    .bind(entry.kind.name())
    .bind(entry.user.map(|user| user.to_string()))
    .bind(entry.actor.map(|actor| actor.to_string()))
    .bind(peer.address_text())
    .bind(entry.reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// Returns up to `limit` entries about a user, newest first.
///
/// Without the refreshes: every few minutes one says that a browser is open, and nothing else.
pub(crate) async fn of_user(
    conn: impl Executor<'_, Database = Any>,
    user: UserId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Line>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, at, kind, reason, actor_id, address
         from audit
         where user_id = $1 and id < $2 and kind <> $3
         order by id desc
         limit 0 + $4",
    )
    .bind(user.to_string())
    .bind(before(after))
    .bind(Kind::Refreshed.name())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(line).collect()
}

fn line(row: &AnyRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        id: parsed(row, "id")?,
        at: time(row, "at")?,
        kind: row.try_get("kind")?,
        reason: row.try_get("reason")?,
        actor: parsed_option(row, "actor_id")?,
        address: row.try_get("address")?,
    })
}

/// Forgets entries from before `oldest` (milliseconds since 1970).
pub(crate) async fn sweep(conn: &mut AnyConnection, oldest: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from audit where at < $1").bind(oldest).execute(conn).await?;
    Ok(())
}
