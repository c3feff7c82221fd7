//! Who is banned: so that what a banned user's last valid token still orders is refused here, and
//! nobody orders from a banned seller.

use ticketing_contracts::UserId;
use ticketkit_events::{Timestamp, sql::Tx};

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
pub(crate) async fn note(tx: &mut Tx, ban: Ban) -> Result<bool, sqlx::Error> {
    let newer = sqlx::query(
        "insert into bans (user_id, ban_version, banned, until)
         values ($1, $2, $3, $4)
         on conflict (user_id) do update
         set ban_version = excluded.ban_version, banned = excluded.banned, until = excluded.until
         where excluded.ban_version > bans.ban_version",
    )
    .bind(ban.user.to_string())
    .bind(ban.version)
    .bind(i64::from(ban.banned))
    .bind(ban.until.map(Timestamp::as_millis))
    .execute(tx.conn())
    .await?;
    Ok(newer.rows_affected() > 0)
}

/// Tells whether a user is banned now.
pub(crate) async fn is_banned(
    tx: &mut Tx,
    user: UserId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let ban = sqlx::query(
        "select user_id from bans
         where user_id = $1 and banned = 1 and (until is null or until > $2)",
    )
    .bind(user.to_string())
    .bind(now.as_millis())
    .fetch_optional(tx.conn())
    .await?;
    Ok(ban.is_some())
}
