//! Who is banned: so that what a banned user's last valid token still orders is refused here, and
//! nobody orders from a banned seller.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use ticketing_contracts::UserId;
use ticketkit_events::{Timestamp, sql::Tx};

use super::{parsed, placeholders};

/// A ban, or the lifting of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ban {
    pub(crate) user: UserId,
    /// Counts the bans and liftings of the user: the highest decides.
    pub(crate) version: i64,
    pub(crate) banned: bool,
    /// The end of it; none is for good.
    pub(crate) until: Option<Timestamp>,
}

/// Notes a ban or a lifting; returns false if a newer one is known.
///
/// It waits for what is begun in the user's name, and what is begun later sees it.
pub(crate) async fn note(tx: &mut Tx, ban: Ban, now: Timestamp) -> Result<bool, sqlx::Error> {
    tx.lock(&name(ban.user)).await?;
    let newer = sqlx::query(
        "insert into bans (user_id, ban_version, banned, until, noted_at)
         values ($1, $2, $3, $4, $5)
         on conflict (user_id) do update
         set ban_version = excluded.ban_version, banned = excluded.banned, until = excluded.until,
             noted_at = excluded.noted_at
         where excluded.ban_version > bans.ban_version",
    )
    .bind(ban.user.to_string())
    .bind(ban.version)
    .bind(i64::from(ban.banned))
    .bind(ban.until.map(Timestamp::as_millis))
    .bind(now.as_millis())
    .execute(tx.conn())
    .await?;
    Ok(newer.rows_affected() > 0)
}

/// Forgets liftings and bans that are over, where they were noted before a time.
pub(crate) async fn forget(
    tx: &mut Tx,
    before: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from bans
         where noted_at > 0 and noted_at < $1 and (banned = 0 or until < $2)",
    )
    .bind(before.as_millis())
    .bind(now.as_millis())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Tells which of some users are banned now, and keeps it so until the transaction ends.
pub(crate) async fn banned_of(
    tx: &mut Tx,
    users: &BTreeSet<UserId>,
    now: Timestamp,
) -> Result<Vec<UserId>, sqlx::Error> {
    // In one order everywhere; and a statement of its own, since one that waited would read what was
    // true before it waited.
    let names: Vec<_> = users.iter().map(|user| name(*user)).collect();
    tx.lock_shared_all(&names).await?;
    let statement = format!(
        "select user_id from bans
         where banned = 1 and (until is null or until > $1) and user_id in ({})",
        placeholders(2, users.len())
    );
    // Placeholders alone are put in.
    let mut query = sqlx::query(AssertSqlSafe(statement)).bind(now.as_millis());
    for user in users {
        query = query.bind(user.to_string());
    }
    let rows = query.fetch_all(tx.conn()).await?;
    rows.iter().map(|row| parsed(row, "user_id")).collect()
}

/// What is locked of a user.
fn name(user: UserId) -> String {
    format!("user/{user}")
}
