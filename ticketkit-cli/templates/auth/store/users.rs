use sqlx::{Any, AnyConnection, Executor, Row, any::AnyRow};
use {{ project.snake }}_contracts::UserId;
use ticketkit_events::Timestamp;

use super::{parsed, time};
use crate::domain::{Ban, Email, User};

/// Sorts behind every UUID: the end of a list that is read from its newest item backwards.
const BEHIND_ALL: &str = "g";

/// What [`from_row`] reads.
macro_rules! columns {
    () => {
        "id, email, roles, epoch, version, created_at, banned, banned_until, ban_reason, ban_version"
    };
}
pub(super) use columns;

/// What sign-in needs to know of an account.
pub(crate) struct Credentials {
    pub(crate) id: UserId,
    pub(crate) password_hash: String,
}

/// Makes an account; nothing if its address is taken.
pub(crate) async fn insert(
    conn: &mut AnyConnection,
    id: UserId,
    email: &Email,
    password_hash: &str,
    roles: &[&str],
    now: Timestamp,
) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "insert into users (id, email, email_folded, password_hash, roles, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (email_folded) do nothing
         returning ",
        columns!()
    ))
    .bind(id.to_string())
    .bind(email.as_str())
    .bind(email.folded())
    .bind(password_hash)
    .bind(roles.join(" "))
    .bind(now.as_millis())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(from_row).transpose()
}

pub(crate) async fn is_taken(
    conn: impl Executor<'_, Database = Any>,
    email: &Email,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("select id from users where email_folded = $1")
        .bind(email.folded())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

pub(crate) async fn credentials(
    conn: impl Executor<'_, Database = Any>,
    email: &Email,
) -> Result<Option<Credentials>, sqlx::Error> {
    let row = sqlx::query("select id, password_hash from users where email_folded = $1")
        .bind(email.folded())
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Credentials { id: parsed(&row, "id")?, password_hash: row.try_get("password_hash")? }))
}

pub(crate) async fn find(
    conn: impl Executor<'_, Database = Any>,
    id: UserId,
) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(concat!("select ", columns!(), " from users where id = $1"))
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Returns the user of verified credentials, and stores the hash in its present strength.
///
/// It is an update also where nothing changes: it locks the row, so that a ban that came
/// while the password was checked is either seen here, or waits and then ends the session that begins
/// here. Nothing if the password is another by now.
pub(crate) async fn confirm(
    conn: &mut AnyConnection,
    verified: &Credentials,
    rehashed: Option<&str>,
) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "update users set password_hash = $3 where id = $1 and password_hash = $2 returning ",
        columns!()
    ))
    .bind(verified.id.to_string())
    .bind(verified.password_hash.as_str())
    .bind(rehashed.unwrap_or(&verified.password_hash))
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Returns up to `limit` accounts whose address has `part` in it, newest first.
pub(crate) async fn list(
    conn: impl Executor<'_, Database = Any>,
    part: &str,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<User>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from users
         where id < $1 and email_folded like $2 escape '\\'
         order by id desc
         limit 0 + $3"
    ))
    .bind(after.map_or_else(|| BEHIND_ALL.to_owned(), |after| after.to_string()))
    .bind(pattern(part))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// The pattern of `like` for a part of a text; what someone typed has no wildcards.
fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in Email::fold(part).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

pub(super) fn from_row(row: &AnyRow) -> Result<User, sqlx::Error> {
    let roles: &str = row.try_get("roles")?;
    Ok(User {
        id: parsed(row, "id")?,
        email: row.try_get("email")?,
        roles: roles.split_whitespace().map(str::to_owned).collect(),
        epoch: row.try_get("epoch")?,
        version: row.try_get("version")?,
        created_at: time(row, "created_at")?,
        ban: Ban {
            imposed: row.try_get::<i64, _>("banned")? != 0,
            until: row.try_get::<Option<i64>, _>("banned_until")?.map(Timestamp::from_millis),
            reason: row.try_get("ban_reason")?,
            version: row.try_get("ban_version")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn typed_wildcards_stand_for_themselves() {
        assert_eq!(pattern(r"A_b%\"), r"%a\_b\%\\%");
        assert_eq!(pattern(""), "%%");
    }
}
