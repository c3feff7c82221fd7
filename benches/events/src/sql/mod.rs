//! The outbox and the inbox beside the same statements without them.

mod inbox;
mod order;
mod outbox;

use ticketkit_events::sql::{Database, Migration};

pub(crate) use self::{inbox::inbox, outbox::outbox};
use crate::Result;

/// What works on a database at the same time: as many as a subscription handles by default.
const TASKS: u64 = 8;

/// What the handler of the inbox writes to.
const HANDLED: Migration = Migration::new(
    2,
    "what a handler does",
    "create table handled (id text primary key, n bigint not null, who text not null);",
);

const TABLES: &[Migration] = &[order::TABLES, HANDLED];

/// A database of its own at the server, which goes when it is dropped in order.
pub(crate) struct OnPostgres {
    server: String,
    name: String,
    url: String,
    pub(crate) database: Database,
}

impl OnPostgres {
    pub(crate) async fn open() -> Result<Self> {
        let server = std::env::var("TICKETKIT_TEST_POSTGRES_URL")
            .map_err(|_| "TICKETKIT_TEST_POSTGRES_URL must name a server")?;
        let name = format!("bench_{}", uuid::Uuid::now_v7().simple());
        let (host, _) = server.rsplit_once('/').ok_or("the URL of the server names no database")?;
        let url = format!("{host}/{name}");
        let database = Database::open(&url).await?;
        database.migrate(TABLES).await?;
        Ok(Self { server, name, url, database })
    }

    /// Removes it, so that it costs the server nothing.
    pub(crate) async fn remove(self) -> Result<()> {
        use sqlx::Connection as _;

        self.database.close().await;
        let mut server = sqlx::PgConnection::connect(&self.server).await?;
        let statement = format!("drop database {} with (force)", self.name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut server).await?;
        Ok(())
    }
}

/// Executes a statement in a transaction of its own.
async fn execute(database: &Database, statement: &'static str) -> Result<()> {
    let mut tx = database.begin().await?;
    sqlx::raw_sql(statement).execute(tx.conn()).await?;
    tx.commit().await?;
    Ok(())
}
