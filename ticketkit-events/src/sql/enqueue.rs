//! Events into the outbox, in the transaction that they are about.

use sqlx::AssertSqlSafe;

use super::{Tx, dialect::Dialect, relay::PARTITIONS, row};
use crate::{Envelope, partition::partition};

macro_rules! insert {
    ($rows:literal) => {
        concat!("insert into ticketkit_outbox (", row::columns!(), ", partition) values ", $rows)
    };
}

/// What nearly all transactions execute: its text is not made anew for each.
const INSERT_ONE: &str = insert!("($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
/// On SQLite a row goes behind those of its partition: see `clustered.sql`.
const INSERT_BEHIND: &str = concat!(
    "insert into ticketkit_outbox (",
    row::columns!(),
    ", partition, seq) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, (
         select coalesce(max(seq), (($12 + 1) << 48) + (1 << 47)) + 1 from ticketkit_outbox
         where seq between ($12 + 1) << 48 and (($12 + 2) << 48) - 1
     ))"
);
const INSERT: &str = insert!("");
const COLUMNS: usize = 12;
/// So many rows come often together, and each number of them is a statement that connections keep.
const FEW: usize = 8;

impl Tx {
    /// Writes an event into the outbox.
    pub(crate) async fn enqueue(&mut self, envelope: &Envelope) -> Result<(), sqlx::Error> {
        self.enqueue_all(std::slice::from_ref(envelope)).await
    }

    /// Writes events into the outbox, in their order.
    pub(crate) async fn enqueue_all(&mut self, envelopes: &[Envelope]) -> Result<(), sqlx::Error> {
        let rows = self.dialect().rows_of_an_insert();
        for envelopes in envelopes.chunks(rows) {
            let mut query = if let [_] = envelopes {
                sqlx::query(match self.dialect() {
                    Dialect::Sqlite => INSERT_BEHIND,
                    Dialect::Postgres => INSERT_ONE,
                })
            } else {
                // Names of our own and placeholders; a text that hardly comes again is not kept.
                let insert = format!("{INSERT}{}", values(envelopes.len()));
                sqlx::query(AssertSqlSafe(insert)).persistent(envelopes.len() <= FEW)
            };
            for envelope in envelopes {
                query = row::bind(query, envelope)
                    .bind(i64::from(partition(&envelope.key, PARTITIONS)));
            }
            query.execute(self.conn()).await?;
        }
        self.wake_relay();
        Ok(())
    }
}

/// Returns the placeholders of so many rows.
fn values(rows: usize) -> String {
    let row = |row: usize| {
        let numbers = row * COLUMNS + 1..=(row + 1) * COLUMNS;
        let placeholders: Vec<String> = numbers.map(|number| format!("${number}")).collect();
        format!("({})", placeholders.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_placeholders_of_its_own() {
        assert_eq!(format!("{INSERT}{}", values(1)), INSERT_ONE);
        assert!(
            values(2).ends_with("), ($13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)")
        );
        assert_eq!(row::columns!().split(',').count() + 1, COLUMNS);
    }
}
