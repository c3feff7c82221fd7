//! What wakes relays after a commit: those of this process at once, those of others through the
//! database, where it can.

use std::{sync::Arc, time::Duration};

use sqlx::AnyPool;
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{dialect::Dialect, writers::Writers};

/// The channel of LISTEN and NOTIFY.
const CHANNEL: &str = "ticketkit_outbox";
/// What is committed meanwhile shares the next NOTIFY.
const COALESCED: Duration = Duration::from_millis(5);
/// How long it is believed whether anybody else listens: a relay that begins meanwhile looks itself,
/// and polls.
const BELIEVED: Duration = Duration::from_millis(250);

/// Tells relays that an outbox has new rows.
#[derive(Debug)]
pub(crate) struct Wake {
    here: watch::Sender<()>,
    elsewhere: Arc<Notify>,
    /// The payload of its NOTIFYs, and what the ids of its relays begin with: a process does not wake
    /// itself twice.
    id: String,
    announcing: Option<AbortHandle>,
}

impl Wake {
    pub(crate) fn new(dialect: Dialect, writers: &Arc<Writers>, reader: &AnyPool) -> Self {
        let (here, elsewhere) = (watch::Sender::new(()), Arc::new(Notify::new()));
        let id = Uuid::now_v7().to_string();
        let announcing = match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => {
                let (writers, reader) = (writers.clone(), reader.clone());
                let announce = announce(writers, reader, elsewhere.clone(), id.clone());
                Some(tokio::spawn(announce).abort_handle())
            }
        };
        Self { here, elsewhere, id, announcing }
    }

    /// Wakes everybody; never waits.
    pub(crate) fn committed(&self) {
        self.here.send_replace(());
        self.elsewhere.notify_one();
    }

    /// Returns an id for a relay of this process that begins.
    pub(crate) fn relay_id(&self) -> String {
        format!("{}/{}", self.id, Uuid::now_v7())
    }

    /// Returns what changes with each wake-up from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.here.subscribe()
    }

    /// Wakes this process when another has committed, as long as the server can be reached.
    #[cfg(feature = "postgres")]
    pub(crate) async fn hear(&self, url: &str) -> Result<std::convert::Infallible, sqlx::Error> {
        let mut listener = sqlx::postgres::PgListener::connect(url).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let heard = listener.try_recv().await?;
            // None: the connection was lost and made again, and something may have been missed.
            if heard.is_none_or(|heard| heard.payload() != self.id) {
                self.here.send_replace(());
            }
        }
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(announcing) = &self.announcing {
            announcing.abort();
        }
    }
}

/// Sends a NOTIFY for all that was committed since the last, where another process has a relay.
///
/// Never in the transaction of the events: PostgreSQL commits transactions with a NOTIFY one after
/// the other.
async fn announce(writers: Arc<Writers>, reader: AnyPool, committed: Arc<Notify>, id: String) {
    let notify = format!("notify {CHANNEL}, '{id}'");
    let (mut heard, mut believed_until) = (false, Instant::now());
    loop {
        committed.notified().await;
        if believed_until <= Instant::now() {
            // Who cannot be asked about may be there.
            heard = has_other_relays(&reader, &id).await.unwrap_or(true);
            believed_until = Instant::now() + BELIEVED;
        }
        // Who misses it polls.
        if heard && let Err(error) = execute(&writers, &notify).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "no relay was notified");
        }
        sleep(COALESCED).await;
    }
}

/// Tells whether a relay runs that is not of this process. One that was killed may seem to run.
async fn has_other_relays(reader: &AnyPool, id: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar::<_, i64>("select count(*) from ticketkit_relays where id not like $1")
        .bind(format!("{id}/%"))
        .fetch_one(reader)
        .await
        .map(|others| others > 0)
}

async fn execute(writers: &Writers, notify: &str) -> Result<(), sqlx::Error> {
    let mut writer = writers.acquire().await?;
    // An id of our own.
    let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(notify));
    statement.execute(&mut *writer).await?;
    writer.keep();
    Ok(())
}
