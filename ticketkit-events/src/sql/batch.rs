//! What a worker of a relay moves at a time, and how it is read.

use std::time::Duration;

use futures_util::TryStreamExt;
use serde::Deserialize;
use sqlx::{AssertSqlSafe, Row as _, error::BoxDynError};

use super::{Database, dialect::Dialect, row};
use crate::Envelope;

/// Enough for the engine's sync, and the settling, to be shared.
const BATCH: usize = 512;
/// So that large events do not fill the memory.
const BATCH_BYTES: usize = 2 << 20;

/// Which rows `o` can be published at `$now`: a key with an event that waits for another try is left
/// out from that event on.
macro_rules! publishable {
    ($now:literal) => {
        concat!(
            "due_at <= ",
            $now,
            " and not exists (
                  select 1 from ticketkit_outbox p
                  where p.event_key = o.event_key and p.seq < o.seq
                    and p.due_at > 0 and p.due_at > 0 + ",
            $now,
            ")"
        )
    };
}

/// Some rows of some partitions, those of each in their order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<Pending>,
    /// One for each row.
    pub(crate) envelopes: Vec<Envelope>,
    /// Whether it was cut off, so that there may be more.
    pub(crate) more: bool,
    bytes: usize,
}

/// A row of the outbox.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) seq: i64,
    pub(crate) partition: u8,
    pub(crate) attempts: u32,
}

/// A row as the document has it: its number, partition, attempts and bytes of data, and the event.
#[derive(Deserialize)]
struct Row(i64, u8, i64, usize, row::Attributes);

/// Something that the engine refused, and when to try again.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) seq: i64,
    pub(crate) after: Duration,
    pub(crate) error: String,
}

impl Batch {
    fn with_capacity(rows: usize) -> Self {
        let (rows, envelopes) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        Self { rows, envelopes, ..Self::default() }
    }

    /// Leaves out the rows of some partitions.
    pub(crate) fn leave_out(&mut self, partitions: &[u8]) {
        if !partitions.is_empty() {
            let mut kept = self.rows.iter().map(|row| !partitions.contains(&row.partition));
            self.envelopes.retain(|_| kept.next().unwrap_or(false));
            self.rows.retain(|row| !partitions.contains(&row.partition));
        }
    }

    fn push(&mut self, row: Pending, envelope: Envelope) {
        self.bytes += envelope.data.len();
        self.rows.push(row);
        self.envelopes.push(envelope);
        self.more = self.rows.len() == BATCH || self.bytes >= BATCH_BYTES;
    }

    fn count(&self, partition: u8) -> usize {
        self.rows.iter().filter(|row| row.partition == partition).count()
    }

    fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
        self.envelopes.append(&mut other.envelopes);
        self.more |= other.more;
    }
}

impl Database {
    /// Reads what can be published of some partitions now, those of each in their order.
    pub(crate) async fn outbox_batch(&self, partitions: &[u8]) -> Result<Batch, sqlx::Error> {
        let (mut batch, mut left) = (Batch::default(), partitions.to_vec());
        loop {
            let read = match self.dialect() {
                Dialect::Sqlite => self.read_some(&left).await?,
                Dialect::Postgres => self.read_first(&left).await?,
            };
            left.retain(|&partition| read.count(partition) == 0);
            let again = read.more && !left.is_empty();
            batch.append(read);
            // A backlog of some, as that of a slow key, keeps none of the others waiting.
            if !again {
                return Ok(batch);
            }
        }
    }

    /// Reads the first rows of the first of some partitions that has any.
    async fn read_first(&self, partitions: &[u8]) -> Result<Batch, sqlx::Error> {
        const SELECT: &str = concat!(
            "select seq, attempts, ",
            row::columns!(),
            " from ticketkit_outbox o where partition = $1 and ",
            publishable!("$2"),
            " order by seq limit 0 + $3"
        );
        let mut batch = Batch::default();
        for &partition in partitions {
            let mut found = sqlx::query(SELECT)
                .bind(i64::from(partition))
                .bind(self.now().as_millis())
                .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
                .fetch(self.reader());
            while !batch.more
                && let Some(row) = found.try_next().await?
            {
                let attempts: i64 = row.try_get("attempts")?;
                let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                let pending = Pending { seq: row.try_get("seq")?, partition, attempts };
                batch.push(pending, row::envelope(&row)?);
            }
        }
        Ok(batch)
    }

    /// Reads the first rows of some partitions, as many of each.
    ///
    /// As one document and the data behind each other: reading a row out of the file is less work than
    /// handing it from the thread of the connection to us, column by column.
    ///
    /// On the connection that writes, in its turn: the settlement finds the pages in the memory of
    /// that connection, while those of the others are forgotten whenever something is written.
    async fn read_some(&self, partitions: &[u8]) -> Result<Batch, sqlx::Error> {
        let of_each = BATCH.div_ceil(partitions.len().max(1));
        // Names and numbers of our own and placeholders.
        let select = AssertSqlSafe(select_document(partitions.len(), of_each));
        let mut query = sqlx::query(select).bind(self.now().as_millis());
        for &partition in partitions {
            query = query.bind(i64::from(partition));
        }
        let mut writer = self.writers().acquire().await?;
        let found = query.fetch_one(&mut *writer).await?;
        writer.keep();
        let mut rows = decode(found.try_get("document")?, found.try_get("data")?)
            .map_err(sqlx::Error::Decode)?;
        rows.sort_unstable_by_key(|(row, _)| row.seq);
        let mut batch = Batch::with_capacity(rows.len());
        for (row, envelope) in rows {
            batch.push(row, envelope);
        }
        batch.more |= partitions.iter().any(|&partition| batch.count(partition) >= of_each);
        Ok(batch)
    }
}

/// Reads the rows out of a document, and the data of each out of that of all.
///
/// SQLite promises no order inside of an aggregate, but it is the same for both.
fn decode(document: &[u8], mut data: &[u8]) -> Result<Vec<(Pending, Envelope)>, BoxDynError> {
    let rows: Vec<Row> = serde_json::from_slice(document)?;
    let decode = |Row(seq, partition, attempts, size, attributes)| {
        let own = data.split_off(..size).ok_or("the data of the outbox ends too early")?;
        let envelope = attributes.with_data(std::str::from_utf8(own)?.to_owned());
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        Ok((Pending { seq, partition, attempts }, envelope))
    };
    rows.into_iter().map(decode).collect()
}

/// Returns the statement that reads the first rows of so many partitions: a JSON array of them, and
/// their data.
///
/// The sizes come first, and are found without reading the data. Of rows that exceed the bytes
/// together the first is read whole, so that a large one gets through. As bytes: a text would be copied
/// once more to end in a zero. Of the limits none is a parameter: SQLite would plan anew each time that
/// one is bound.
fn select_document(partitions: usize, of_each: usize) -> String {
    const FIRST: usize = 2;
    let first_of = |n: usize| {
        format!(
            "select * from (
                 select seq, octet_length(data) as size from ticketkit_outbox o where {} and {}
                 order by seq limit {of_each}
             )",
            Dialect::Sqlite.of_partition(&format!("${n}")),
            publishable!("$1")
        )
    };
    let found: Vec<String> = (FIRST..FIRST + partitions).map(first_of).collect();
    format!(
        "with found as ({}),
              summed as (select seq, sum(size) over (order by seq) - size as before from found)
         select
             cast(json_group_array(json_array(
                 seq, partition, attempts, octet_length(data), json_array({})
             )) as blob) as document,
             cast(coalesce(group_concat(data, ''), '') as blob) as data
         from ticketkit_outbox
         where seq in (select seq from summed where before < {BATCH_BYTES})",
        found.join(" union all "),
        row::attributes!()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Causation, EventId, Timestamp, partition::partition, sql::relay::PARTITIONS};

    fn envelope(key: &str, data: String) -> Envelope {
        Envelope {
            id: EventId::new(),
            kind: "thing.made".to_owned(),
            source: "/things".to_owned(),
            time: Timestamp::from_millis(1_234_567_890_123),
            key: key.to_owned(),
            version: 3,
            causation: Causation::default(),
            data,
        }
    }

    async fn outbox(envelopes: &[Envelope]) -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_file(folder.path().join("things.db")).await.unwrap();
        let mut tx = database.begin().await.unwrap();
        tx.enqueue_all(envelopes).await.unwrap();
        tx.commit().await.unwrap();
        (folder, database)
    }

    /// Keys, one in each partition.
    fn keys() -> Vec<String> {
        let key = |of: u8| {
            (0..).map(|n| format!("key-{n}")).find(|key| partition(key, PARTITIONS) == of).unwrap()
        };
        (0..PARTITIONS).map(key).collect()
    }

    #[tokio::test]
    async fn an_event_is_read_as_it_was_written() {
        let odd = "\u{0}\u{1}\u{1f}\u{7f}\"\\/\n\r\t\u{2028}é🎫\u{10ffff} $1 [] {}";
        let mut whole = envelope(odd, format!("{{\"text\": {odd:?}}}"));
        whole.causation = Causation {
            correlation_id: Some(odd.to_owned()),
            causation_id: Some("null".to_owned()),
            traceparent: Some(String::new()),
            tracestate: None,
        };
        let all = [whole, envelope(odd, "null".to_owned()), envelope(odd, odd.to_owned())];
        let (_folder, database) = outbox(&all).await;
        let of = [partition(odd, PARTITIONS)];
        assert_eq!(database.read_some(&of).await.unwrap().envelopes, all);
        assert_eq!(database.read_first(&of).await.unwrap().envelopes, all);
    }

    #[tokio::test]
    async fn partitions_share_a_batch_and_what_waits_is_left_out() {
        let keys = keys();
        let mut all = Vec::new();
        for n in 0..100 {
            all.extend(keys.iter().map(|key| envelope(key, n.to_string())));
        }
        let (_folder, database) = outbox(&all).await;
        let mut tx = database.begin().await.unwrap();
        let wait = "update ticketkit_outbox set due_at = 9000000000000, attempts = 1
                    where data = '5' and partition = 0";
        sqlx::raw_sql(wait).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        let batch = database.outbox_batch(&[7, 0, 6, 1, 5, 2, 4, 3]).await.unwrap();
        assert!(batch.more);
        assert!(batch.rows.is_sorted_by_key(|row| row.seq), "each in its order");
        for (of, key) in (0..8).zip(&keys) {
            let rows = batch.rows.iter().zip(&batch.envelopes);
            let mine: Vec<&str> =
                rows.filter(|(row, _)| row.partition == of).map(|(_, e)| e.data.as_str()).collect();
            assert_eq!(batch.envelopes.iter().filter(|e| e.key == *key).count(), mine.len());
            let count = if of == 0 { 5 } else { BATCH / 8 };
            assert_eq!(mine, (0..count).map(|n| n.to_string()).collect::<Vec<_>>(), "{of}");
        }
        assert!(!database.outbox_batch(&[0]).await.unwrap().more, "the rest waits");
    }

    #[tokio::test]
    async fn large_events_are_read_a_few_at_a_time_and_the_largest_by_itself() {
        let keys = keys();
        let sizes = [BATCH_BYTES + 1, BATCH_BYTES / 2, BATCH_BYTES / 2, 1];
        let all: Vec<_> =
            keys.iter().zip(sizes).map(|(key, size)| envelope(key, "x".repeat(size))).collect();
        let (_folder, database) = outbox(&all).await;
        let mut left: Vec<u8> = vec![3, 2, 1, 0];
        for expected in [vec![0], vec![1, 2], vec![3]] {
            let batch = database.read_some(&left).await.unwrap();
            let found: Vec<u8> = batch.rows.iter().map(|row| row.partition).collect();
            assert_eq!(found, expected);
            assert_eq!(batch.more, expected != [3], "what was cut off is asked for again");
            left.retain(|partition| !found.contains(partition));
        }
    }

    #[tokio::test]
    async fn a_backlog_of_one_partition_leaves_none_out() {
        let keys = keys();
        let mut all: Vec<_> = (0..600).map(|n| envelope(&keys[1], n.to_string())).collect();
        all.extend((0..600).map(|n| envelope(&keys[3], n.to_string())));
        all.extend(keys.iter().map(|key| envelope(key, "last".to_owned())));
        let (_folder, database) = outbox(&all).await;
        let batch = database.outbox_batch(&[0, 1, 2, 3]).await.unwrap();
        assert_eq!([0, 1, 2, 3].map(|of| batch.count(of)), [1, BATCH / 4, 1, BATCH / 4]);
        assert!(batch.more);
        assert_eq!(batch.envelopes.len(), batch.rows.len());
    }

    #[tokio::test]
    async fn of_a_long_outbox_only_what_is_taken_is_looked_at() {
        let (_folder, database) = outbox(&[]).await;
        let plan = format!("explain query plan {}", select_document(8, 64));
        let mut query = sqlx::query(AssertSqlSafe(plan));
        for number in 0..9 {
            query = query.bind(number);
        }
        let rows = query.fetch_all(database.reader()).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let by_partition = "SEARCH o USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)";
        assert_eq!(steps.iter().filter(|step| *step == by_partition).count(), 8, "{steps:#?}");
        let by_key = "ticketkit_outbox_waiting (event_key=? AND seq<?)";
        assert_eq!(steps.iter().filter(|step| step.contains(by_key)).count(), 8, "{steps:#?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN ticketkit")), "{steps:#?}");
        // What is sorted is what was taken, to merge it.
        let each = steps.iter().filter(|step| step.starts_with("CO-ROUTINE (subquery-")).count();
        let sorts = steps.iter().filter(|step| step.contains("ORDER BY")).count();
        assert_eq!((each, sorts), (8 + 1, 8), "{steps:#?}");
    }
}
