//! The tables of the library itself, step by step.

use super::{Migration, dialect::Dialect};

/// Where the steps are recorded.
pub(super) const TABLE: &str = "_ticketkit_migrations";

const OUTBOX: Migration = Migration::new(1, "outbox, inbox, schedules", include_str!("schema.sql"));
const PARTITIONS: Migration =
    Migration::new(2, "partitions of the outbox", include_str!("partitions.sql"));
const ROWIDS: Migration =
    Migration::new(3, "outbox without autoincrement", include_str!("rowids.sql"));
const CLUSTERED: Migration =
    Migration::new(4, "outbox by partitions", include_str!("clustered.sql"));
const LEAN: Migration = Migration::new(5, "outbox with fewer indexes", include_str!("lean.sql"));

/// Returns the steps. A number that one dialect lacks is never given to another step.
pub(super) const fn steps(dialect: Dialect) -> &'static [Migration] {
    match dialect {
        Dialect::Sqlite => &[OUTBOX, PARTITIONS, ROWIDS, CLUSTERED],
        Dialect::Postgres => &[OUTBOX, PARTITIONS, LEAN],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sqlx::{Executor as _, Row as _};

    use super::*;
    use crate::{
        Causation, Clock, Envelope, EventId, Timestamp,
        partition::partition,
        sql::{Database, address::sqlite_url, relay, row},
    };

    fn envelope(n: u32) -> Envelope {
        Envelope {
            id: EventId::new(),
            kind: "thing.made".to_owned(),
            source: "/things".to_owned(),
            time: Timestamp::from_millis(42),
            key: format!("key-{}", n % 7),
            version: 1,
            causation: Causation { tracestate: Some("a=b".to_owned()), ..Causation::default() },
            data: n.to_string(),
        }
    }

    async fn enqueue(database: &Database, numbers: std::ops::Range<u32>) {
        let mut tx = database.begin().await.unwrap();
        let envelopes: Vec<Envelope> = numbers.map(envelope).collect();
        tx.enqueue_all(&envelopes).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The same as the versions before did it, which let the database number the rows.
    async fn enqueue_as_before(database: &Database, numbers: std::ops::Range<u32>) {
        let mut tx = database.begin().await.unwrap();
        for envelope in numbers.map(envelope) {
            let insert = concat!(
                "insert into ticketkit_outbox (",
                row::columns!(),
                ", partition) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
            );
            let of = partition(&envelope.key, relay::PARTITIONS);
            let query = row::bind(sqlx::query(insert), &envelope).bind(i64::from(of));
            query.execute(tx.conn()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// The keys and data of each partition, in the order of the rows.
    async fn partitions(database: &Database) -> BTreeMap<i64, Vec<(String, i64)>> {
        let select = "select seq, partition, event_key, cast(data as integer) as n
                      from ticketkit_outbox order by seq";
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for row in sqlx::query(select).fetch_all(database.reader()).await.unwrap() {
            let (seq, of): (i64, i64) = (row.get("seq"), row.get("partition"));
            assert_eq!(seq >> 48, of + 1);
            found.entry(of).or_default().push((row.get("event_key"), row.get("n")));
        }
        found
    }

    /// All that a row has but its number, in the order in which they were written.
    async fn rows(database: &Database) -> Vec<String> {
        let select = "select json_array(id, kind, source, time, event_key, version,
                          correlation_id, causation_id, traceparent, tracestate, data, attempts,
                          due_at, error, partition)
                      from ticketkit_outbox order by cast(data as integer)";
        sqlx::query_scalar(select).fetch_all(database.reader()).await.unwrap()
    }

    #[tokio::test]
    async fn an_outbox_of_before_keeps_its_rows_and_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("things.db"));
        let old = Database::connect(&url, Clock::system()).await.unwrap();
        old.migrate_own(TABLE, &[OUTBOX, PARTITIONS, ROWIDS]).await.unwrap();
        enqueue_as_before(&old, 0..50).await;
        let change = "delete from ticketkit_outbox where seq % 3 = 0 or seq > 40;
                      update ticketkit_outbox set attempts = 3, due_at = 4, error = 'no'
                      where seq = 20;
                      update ticketkit_outbox set partition = null
                      where seq < 10 or partition = (
                          select max(partition) from ticketkit_outbox
                      );";
        let mut tx = old.begin().await.unwrap();
        tx.conn().execute(sqlx::raw_sql(change)).await.unwrap();
        tx.commit().await.unwrap();
        let before = rows(&old).await;
        assert_eq!(before.len(), 27);

        let new = Database::open(&url).await.unwrap();
        assert_eq!(rows(&new).await, before);
        enqueue(&new, 50..60).await;
        // A process of the old version that still runs goes on.
        enqueue_as_before(&old, 60..70).await;
        enqueue(&new, 70..80).await;
        while new.assign_partitions().await.unwrap() {}
        let mut all = 0;
        for (of, rows) in partitions(&new).await {
            assert!(rows.is_sorted_by_key(|(_, n)| *n), "{of}: {rows:?}");
            for (key, _) in &rows {
                assert_eq!(i64::from(partition(key, relay::PARTITIONS)), of);
            }
            all += rows.len();
        }
        assert_eq!(all, 27 + 30);
        // One that knows no partitions does not.
        let mut tx = old.begin().await.unwrap();
        let insert =
            "insert into ticketkit_outbox (id, kind, source, time, event_key, version, data)
                      values ('1', 'a', 'b', 1, 'c', 1, 'd')";
        let refused = tx.conn().execute(sqlx::raw_sql(insert)).await.unwrap_err().to_string();
        assert!(refused.contains("older than its database"), "{refused}");
    }
}
