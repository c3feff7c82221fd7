use sqlx::{Row, any::AnyRow};
use ticketkit_events::sql::{Database, DatabaseError, Migration, Tx};

use super::{Device, Limits, Session, SessionStore};
use crate::{refresh::RefreshRow, revocation::SessionEntry};

const MIGRATIONS: &[Migration] = &[Migration::new(1, "sessions", include_str!("schema.sql"))];

/// Sorts behind every id: the end of a list that is read from its newest item backwards.
const BEHIND_ALL: &str = "g";

/// Sessions in tables of the service's own database, on SQLite and PostgreSQL. Cheap to clone.
///
/// The tables are `ticketkit_sessions` and `ticketkit_ended_sessions`.
#[derive(Debug, Clone)]
pub struct SqlSessions {
    database: Database,
}

impl SqlSessions {
    /// Makes the tables, or brings them up to date. Several processes may do this at once.
    ///
    /// # Errors
    ///
    /// If the database cannot be migrated.
    pub async fn open(database: &Database) -> Result<Self, DatabaseError> {
        database.migrate_own("_ticketkit_sessions_migrations", MIGRATIONS).await?;
        Ok(Self { database: database.clone() })
    }
}

/// What [`from_row`] reads.
macro_rules! columns {
    () => {
        "id, user_id, current_token, parent_token, created_at, used_at, user_agent, address"
    };
}

impl SessionStore for SqlSessions {
    type Tx = Tx;
    type Error = sqlx::Error;

    async fn insert(&self, tx: &mut Tx, session: &Session) -> Result<(), sqlx::Error> {
        let Session { user, refresh, device } = session;
        sqlx::query(concat!(
            "insert into ticketkit_sessions (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ))
        .bind(refresh.session.as_str())
        .bind(user.as_str())
        .bind(refresh.current.as_str())
        .bind(refresh.parent.as_deref())
        .bind(refresh.created_at)
        .bind(refresh.used_at)
        .bind(device.user_agent.as_deref())
        .bind(device.address.as_deref())
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    async fn lock(&self, tx: &mut Tx, id: &str) -> Result<Option<Session>, sqlx::Error> {
        // An update that changes nothing locks the row on both databases. With `for update`, which
        // SQLite lacks, it would be two statements.
        let row = sqlx::query(concat!(
            "update ticketkit_sessions set used_at = used_at where id = $1 returning ",
            columns!()
        ))
        .bind(id)
        .fetch_optional(tx.conn())
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    async fn update(&self, tx: &mut Tx, session: &Session) -> Result<(), sqlx::Error> {
        let Session { refresh, device, .. } = session;
        sqlx::query(
            "update ticketkit_sessions
             set current_token = $2, parent_token = $3, used_at = $4, user_agent = $5, address = $6
             where id = $1",
        )
        .bind(refresh.session.as_str())
        .bind(refresh.current.as_str())
        .bind(refresh.parent.as_deref())
        .bind(refresh.used_at)
        .bind(device.user_agent.as_deref())
        .bind(device.address.as_deref())
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    async fn end(&self, tx: &mut Tx, id: &str, at: i64) -> Result<Option<Session>, sqlx::Error> {
        let row = sqlx::query(concat!(
            "delete from ticketkit_sessions where id = $1 returning ",
            columns!()
        ))
        .bind(id)
        .fetch_optional(tx.conn())
        .await?;
        let Some(row) = row else { return Ok(None) };
        sqlx::query(
            "insert into ticketkit_ended_sessions (id, ended_at) values ($1, $2)
             on conflict (id) do nothing",
        )
        .bind(id)
        .bind(at)
        .execute(tx.conn())
        .await?;
        from_row(&row).map(Some)
    }

    async fn end_all(&self, tx: &mut Tx, user: &str) -> Result<(), sqlx::Error> {
        sqlx::query("delete from ticketkit_sessions where user_id = $1")
            .bind(user)
            .execute(tx.conn())
            .await?;
        Ok(())
    }

    async fn list(
        &self,
        user: &str,
        limits: Limits,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Session>, sqlx::Error> {
        // Ids rise with time: they are UUIDs of version 7.
        let rows = sqlx::query(concat!(
            "select ",
            columns!(),
            " from ticketkit_sessions
             where user_id = $1 and id < $2 and used_at > $3 and created_at > $4
             order by id desc
             limit 0 + $5"
        ))
        .bind(user)
        .bind(after.unwrap_or(BEHIND_ALL))
        .bind(limits.used_at)
        .bind(limits.created_at)
        .bind(i64::from(limit))
        .fetch_all(self.database.reader())
        .await?;
        rows.iter().map(from_row).collect()
    }

    async fn ended_since(&self, oldest: i64) -> Result<Vec<SessionEntry>, sqlx::Error> {
        let rows =
            sqlx::query("select id, ended_at from ticketkit_ended_sessions where ended_at >= $1")
                .bind(oldest)
                .fetch_all(self.database.reader())
                .await?;
        rows.iter()
            .map(|row| Ok(SessionEntry::new(row.try_get("id")?, row.try_get("ended_at")?)))
            .collect()
    }

    async fn sweep(&self, tx: &mut Tx, limits: Limits, oldest_end: i64) -> Result<(), sqlx::Error> {
        sqlx::query("delete from ticketkit_sessions where used_at <= $1 or created_at <= $2")
            .bind(limits.used_at)
            .bind(limits.created_at)
            .execute(tx.conn())
            .await?;
        sqlx::query("delete from ticketkit_ended_sessions where ended_at < $1")
            .bind(oldest_end)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
}

fn from_row(row: &AnyRow) -> Result<Session, sqlx::Error> {
    Ok(Session {
        user: row.try_get("user_id")?,
        refresh: RefreshRow {
            session: row.try_get("id")?,
            current: row.try_get("current_token")?,
            parent: row.try_get("parent_token")?,
            created_at: row.try_get("created_at")?,
            used_at: row.try_get("used_at")?,
        },
        device: Device { user_agent: row.try_get("user_agent")?, address: row.try_get("address")? },
    })
}
