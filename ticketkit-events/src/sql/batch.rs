//! What a worker of a relay moves at a time, and how it is read.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::{Database, dialect::Dialect, row};
use crate::Envelope;

/// Enough for the engine's sync, and the settling, to be shared.
const BATCH: usize = 512;
/// So that large events do not fill the memory.
const BATCH_BYTES: usize = 2 << 20;

/// Which rows of the partition `$partition` can be published at `$now`: a key with an event that waits
/// for another try is left out from that event on.
macro_rules! publishable {
    ($partition:literal, $now:literal) => {
        concat!(
            "partition = ",
            $partition,
            " and due_at <= ",
            $now,
            " and not exists (
                  select 1 from ticketkit_outbox p
                  where p.event_key = o.event_key and p.seq < o.seq
                    and p.due_at > 0 and p.due_at > ",
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

/// Something that the engine refused, and when to try again.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) seq: i64,
    pub(crate) after: Duration,
    pub(crate) error: String,
}

impl Batch {
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

    fn has(&self, partition: u8) -> bool {
        self.rows.iter().any(|row| row.partition == partition)
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
                Dialect::Sqlite => self.read_oldest(&left).await?,
                Dialect::Postgres => self.read_first(&left).await?,
            };
            left.retain(|&partition| !read.has(partition));
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
            " from ticketkit_outbox o where ",
            publishable!("$1", "$2"),
            " order by seq limit $3"
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

    /// Reads the oldest rows of some partitions.
    ///
    /// As one document: reading a row out of the file is less work than handing it from the thread of
    /// the connection to us, column by column.
    ///
    /// On the connection that writes, in its turn: the settlement finds the pages in the memory of
    /// that connection, while those of the others are forgotten whenever something is written.
    async fn read_oldest(&self, partitions: &[u8]) -> Result<Batch, sqlx::Error> {
        // Names of our own and placeholders.
        let mut query = sqlx::query_scalar(AssertSqlSafe(select_document(partitions.len())))
            .bind(self.now().as_millis())
            .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
            .bind(i64::try_from(BATCH_BYTES).unwrap_or(i64::MAX));
        for &partition in partitions {
            query = query.bind(i64::from(partition));
        }
        let document: Vec<u8> = query.fetch_one(self.writer()).await?;
        let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let mut rows: Vec<(i64, u8, i64, row::Columns)> =
            serde_json::from_slice(&document).map_err(decode)?;
        // SQLite promises no order inside of an aggregate.
        rows.sort_unstable_by_key(|(seq, ..)| *seq);
        let mut batch = Batch::default();
        for (seq, partition, attempts, columns) in rows {
            let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
            batch.push(Pending { seq, partition, attempts }, columns.into());
        }
        Ok(batch)
    }
}

/// Returns the statement that reads the oldest rows of so many partitions as a JSON array.
///
/// The oldest of all, not some of each: what was committed together has its pages together, and they
/// are written once, when they are empty, instead of once for each partition. It merges the
/// partitions, and looks at no more rows than it takes.
///
/// The sizes come first, and are found without reading the data. Of rows that exceed the bytes
/// together the first is read whole, so that a large one gets through. As bytes: a text would be copied
/// once more to end in a zero.
fn select_document(partitions: usize) -> String {
    const OF_ONE: &str = concat!(
        "select seq, octet_length(data) as size from ticketkit_outbox o where ",
        publishable!("${}", "$1")
    );
    const FIRST: usize = 4;
    let of_each: Vec<String> =
        (FIRST..FIRST + partitions).map(|n| OF_ONE.replace("${}", &format!("${n}"))).collect();
    format!(
        "with found as ({} order by 1 limit $2),
              summed as (select seq, sum(size) over (order by seq) - size as before from found)
         select cast(json_group_array(json_array(
             seq, partition, attempts, json_array({})
         )) as blob) from ticketkit_outbox
         where seq in (select seq from summed where before < $3)",
        of_each.join(" union all "),
        row::columns!()
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
        assert_eq!(database.read_oldest(&of).await.unwrap().envelopes, all);
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
        assert_eq!(batch.envelopes.len(), BATCH);
        assert!(batch.more);
        assert!(batch.rows.is_sorted_by_key(|row| row.seq), "the oldest come first");
        for (of, key) in (0..8).zip(&keys) {
            let rows = batch.rows.iter().zip(&batch.envelopes);
            let mine: Vec<&str> =
                rows.filter(|(row, _)| row.partition == of).map(|(_, e)| e.data.as_str()).collect();
            assert_eq!(batch.envelopes.iter().filter(|e| e.key == *key).count(), mine.len());
            // 5 and 507, in as many turns as that takes.
            let count = if of == 0 { 5 } else { 72 + usize::from(of < 4) };
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
            let batch = database.read_oldest(&left).await.unwrap();
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
        let count = |of: u8| batch.rows.iter().filter(|row| row.partition == of).count();
        assert_eq!([0, 1, 2, 3].map(count), [1, BATCH, 1, BATCH]);
        assert!(batch.more);
        assert_eq!(batch.envelopes.len(), batch.rows.len());
    }

    #[tokio::test]
    async fn of_a_long_outbox_only_what_is_taken_is_looked_at() {
        let (_folder, database) = outbox(&[]).await;
        let plan = format!("explain query plan {}", select_document(8));
        let mut query = sqlx::query(AssertSqlSafe(plan));
        for number in [0, 32, 1_000, 0, 1, 2, 3, 4, 5, 6, 7] {
            query = query.bind(number);
        }
        let rows = query.fetch_all(database.reader()).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let by_partition = "SEARCH o USING INDEX ticketkit_outbox_by_partition (partition=?)";
        assert_eq!(steps.iter().filter(|step| *step == by_partition).count(), 8, "{steps:#?}");
        let by_key = "ticketkit_outbox_waiting (event_key=? AND seq<?)";
        assert_eq!(steps.iter().filter(|step| step.contains(by_key)).count(), 8, "{steps:#?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN ticketkit")), "{steps:#?}");
        assert_eq!(steps.iter().filter(|step| *step == "MERGE (UNION ALL)").count(), 7);
    }
}
