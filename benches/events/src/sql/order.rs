//! The business transaction: placing an order, statement by statement as the orders service of the
//! marketplace does it.

use sqlx::{PgPool, SqlitePool};
use ticketkit_events::{
    Event as _, Publisher, Timestamp,
    sql::{Database, Migration},
};
use uuid::Uuid;

use super::TASKS;
use crate::{Made, Result};

pub(super) const TABLES: Migration = Migration::new(
    1,
    "what the orders service has",
    "create table orders (
         id text primary key, version bigint not null, user_id text not null,
         seller_id text not null, status text not null, reason text, payment_id text,
         expires_at bigint not null, ticket_id text not null, ticket_version bigint not null,
         title text not null, price bigint not null, currency text not null
     );
     create unique index orders_active_by_ticket on orders (ticket_id)
     where status in ('created', 'awaiting_payment', 'complete');
     create index orders_by_buyer on orders (user_id, id);
     create index orders_by_deadline on orders (expires_at)
     where status in ('created', 'awaiting_payment');
     create index orders_by_seller on orders (seller_id)
     where status in ('created', 'awaiting_payment');
     create table order_history (
         id text primary key, order_id text not null, version bigint not null, at bigint not null,
         kind text not null, reason text, payment_id text, actor_id text
     );
     create index order_history_by_order on order_history (order_id, id);
     create table tickets (
         id text primary key, version bigint not null, title text not null, price bigint not null,
         currency text not null, user_id text not null, status text not null
     );
     create table outbox_by_hand (
         id text primary key, kind text not null, source text not null, time bigint not null,
         event_key text not null, version bigint not null, data text not null
     );
     create table bans (
         user_id text primary key, ban_version bigint not null, banned bigint not null,
         until bigint, noted_at bigint not null default 0
     );
     insert into tickets (id, version, title, price, currency, user_id, status)
     values ('0', 1, 'A concert', 1500, 'USD', 'seller-0', 'available');",
);

pub(super) const CLEAR: [&str; 2] = [
    "delete from ticketkit_outbox; delete from outbox_by_hand; delete from orders;
     delete from order_history",
    "truncate ticketkit_outbox, outbox_by_hand, orders, order_history",
];

/// Looks at the ticket, on whichever database.
macro_rules! look {
    ($executor:expr) => {
        sqlx::query(
            "select t.id, t.version, t.title, t.price, t.currency, t.user_id, t.status,
                    o.status as order_status
             from tickets t
             left join orders o
                 on o.ticket_id = t.id and o.status in ('created', 'awaiting_payment', 'complete')
             where t.id in ($1)",
        )
        .bind("0")
        .fetch_all($executor)
        .await?
    };
}

/// Executes the other statements of the order within a transaction, on whichever database.
macro_rules! write {
    ($connection:expr, $buyer:expr) => {{
        let (id, now) = (Uuid::now_v7().to_string(), Timestamp::now().as_millis());
        sqlx::query(
            "select user_id from bans
             where user_id in ($1, $2) and banned = 1 and (until is null or until > $3)",
        )
        .bind($buyer.as_str())
        .bind(SELLER)
        .bind(now)
        .fetch_all(&mut *$connection)
        .await?;
        sqlx::query(
            "insert into orders
                 (id, version, user_id, seller_id, status, expires_at,
                  ticket_id, ticket_version, title, price, currency)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             on conflict do nothing",
        )
        .bind(id.as_str())
        .bind(1_i64)
        .bind($buyer.as_str())
        .bind(SELLER)
        .bind("created")
        .bind(now + 900_000)
        // Each has a ticket of its own, so that none is refused.
        .bind(id.as_str())
        .bind(1_i64)
        .bind("A concert")
        .bind(1500_i64)
        .bind("USD")
        .execute(&mut *$connection)
        .await?;
        sqlx::query(
            "insert into order_history
                 (id, order_id, version, at, kind, reason, payment_id, actor_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(Uuid::now_v7().to_string())
        .bind(id.as_str())
        .bind(1_i64)
        .bind(now)
        .bind("created")
        .bind(None::<String>)
        .bind(None::<String>)
        .bind($buyer.as_str())
        .execute(&mut *$connection)
        .await?;
    }};
}

/// Writes an event as who has no crate for it would: the least that a relay can work with.
macro_rules! write_event {
    ($connection:expr, $event:expr) => {
        sqlx::query(
            "insert into outbox_by_hand (id, kind, source, time, event_key, version, data)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(Uuid::now_v7().to_string())
        .bind(Made::SUBJECT)
        .bind("/bench")
        .bind(Timestamp::now().as_millis())
        .bind($event.key().into_owned())
        .bind(1_i64)
        .bind(serde_json::to_string($event)?)
        .execute(&mut *$connection)
        .await?
    };
}

const SELLER: &str = "seller-0";

fn buyer(event: &Made) -> String {
    format!("buyer-{}", event.key % TASKS)
}

/// Places an order, and publishes the event where there is a publisher.
pub(super) async fn place(
    database: &Database,
    publisher: Option<&Publisher>,
    event: &Made,
) -> Result<()> {
    let buyer = buyer(event);
    look!(database.reader());
    let mut tx = database.begin().await?;
    tx.lock_shared_all(&[format!("user/{buyer}"), format!("user/{SELLER}")]).await?;
    write!(tx.conn(), buyer);
    if let Some(publisher) = publisher {
        publisher.publish(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The same by sqlx alone, on SQLite; with the event where it `publishes`.
pub(super) async fn place_on_sqlite(
    reader: &SqlitePool,
    writer: &SqlitePool,
    publishes: bool,
    event: &Made,
) -> Result<()> {
    let buyer = buyer(event);
    look!(reader);
    let mut transaction = writer.begin_with("begin immediate").await?;
    write!(transaction, buyer);
    if publishes {
        write_event!(transaction, event);
    }
    transaction.commit().await?;
    Ok(())
}

/// The same by sqlx alone, on PostgreSQL; with the event where it `publishes`.
pub(super) async fn place_on_postgres(
    reader: &PgPool,
    writer: &PgPool,
    publishes: bool,
    event: &Made,
) -> Result<()> {
    let buyer = buyer(event);
    look!(reader);
    let mut transaction = writer.begin().await?;
    sqlx::query(
        "select pg_advisory_xact_lock_shared(hashtextextended($1, 0)), \
         pg_advisory_xact_lock_shared(hashtextextended($2, 0))",
    )
    .bind(format!("user/{buyer}"))
    .bind(format!("user/{SELLER}"))
    .execute(&mut *transaction)
    .await?;
    write!(transaction, buyer);
    if publishes {
        write_event!(transaction, event);
    }
    transaction.commit().await?;
    Ok(())
}
