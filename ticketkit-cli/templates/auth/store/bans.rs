use sqlx::AnyConnection;
use {{ project.snake }}_contracts::UserId;
use ticketkit_events::Timestamp;

use super::users::{columns, from_row};
use crate::domain::{BanOrder, User};

/// Bans an account, or changes its ban, and raises the epoch; nothing if there is no such account.
pub(crate) async fn impose(
    conn: &mut AnyConnection,
    id: UserId,
    order: &BanOrder,
    now: Timestamp,
) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "update users
         set banned = 1, banned_until = $2, ban_reason = $3, ban_version = ban_version + 1,
             epoch = epoch + 1, version = version + 1, revoked_at = $4
         where id = $1
         returning ",
        columns!()
    ))
    .bind(id.to_string())
    .bind(order.until.map(Timestamp::as_millis))
    .bind(order.reason.as_str())
    .bind(now.as_millis())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Lifts a ban; nothing if there is none, or no such account. The epoch stays: what was signed in
/// before the ban stays out.
pub(crate) async fn lift(
    conn: &mut AnyConnection,
    id: UserId,
    now: Timestamp,
) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "update users
         set banned = 0, banned_until = null, ban_reason = null, ban_version = ban_version + 1,
             version = version + 1, revoked_at = $2
         where id = $1 and banned = 1
         returning ",
        columns!()
    ))
    .bind(id.to_string())
    .bind(now.as_millis())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(from_row).transpose()
}
