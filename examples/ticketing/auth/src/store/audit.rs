use sqlx::AnyConnection;
use ticketing_contracts::Timestamp;
use uuid::Uuid;

use crate::{audit::Entry, peer::Peer};

pub(crate) async fn insert(
    conn: &mut AnyConnection,
    entry: &Entry,
    peer: &Peer,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into audit (id, at, kind, user_id, actor_id, address)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(now.as_millis())
    .bind(entry.kind.name())
    .bind(entry.user.map(|user| user.to_string()))
    .bind(entry.actor.map(|actor| actor.to_string()))
    .bind(peer.address_text())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets entries from before `oldest` (milliseconds since 1970).
pub(crate) async fn sweep(conn: &mut AnyConnection, oldest: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from audit where at < $1").bind(oldest).execute(conn).await?;
    Ok(())
}
