//! Orders for distinct tickets on PostgreSQL, beside pgbench with the same statements.
//!
//! The server syncs its commits, as one does that keeps orders. Both sides place as many orders at the
//! same time. The process has all services, so that what follows an order (the lock, the events)
//! runs beside it, as it does in life; pgbench has the machine for itself.

use std::{fs, path::Path, time::Instant};

use serde_json::json;
use ticketing_load::{
    Record, Session, System, record::Kind, session::Target, system::Form, trade::until,
};
use ticketkit_bench::Figure;
use ticketkit_servers::Postgres;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    Result,
    program::{output, postgres},
};

const CLIENTS: usize = 32;
const ORDERS: usize = 3_200;

/// What `POST /api/orders` executes, its values in the same sizes.
const SCRIPT: &str = "\
\\set number :number + 1
\\set order random(1, 1000000000000)
\\set partition :order % 16
begin;
select pg_advisory_xact_lock_shared(hashtextextended('user/' || :client_id, 0));
select id, version, title, price, currency, user_id, status from tickets
  where id = 'pgbench-' || :client_id || '-' || :number;
select user_id from bans
  where user_id = 'user-' || :client_id and banned = 1 and (until is null or until > 1);
select pg_advisory_xact_lock_shared(hashtextextended('user/seller', 0));
select user_id from bans
  where user_id = 'seller' and banned = 1 and (until is null or until > 1);
insert into orders (id, version, user_id, seller_id, status, expires_at,
                    ticket_id, ticket_version, title, price, currency)
  values ('order-' || :client_id || '-' || :order, 1, 'user-' || :client_id, 'seller', 'created', 9000000000000,
          'pgbench-' || :client_id || '-' || :number, 1, 'A seat', 4500, 'USD')
  on conflict do nothing;
insert into order_history (id, order_id, version, at, kind, reason, payment_id, actor_id)
  values ('line-' || :client_id || '-' || :order, 'order-' || :client_id || '-' || :order, 1, 1, 'created',
          null, null, 'user-' || :client_id);
insert into ticketkit_outbox (id, kind, source, time, event_key, version, correlation_id, data, partition)
  values ('event-' || :client_id || '-' || :order, 'pgbench', '/orders', 1, :order::text, 1, 'request',
          repeat('x', 420), :partition);
commit;
";

pub(crate) fn measure(binary: &Path, runtime: &Runtime) -> Result<()> {
    let server = Postgres::start_durable()?;
    let url = server.database("ticketing");
    let settings = [
        ("TICKETING_DATABASE_URL", url.as_str()),
        ("RUST_LOG", "error"),
        ("TICKETING_THROTTLE", "off"),
    ];
    let mut system = System::start(binary, Form::AllInOne, &settings)?;
    let target = Target::new(system.url(), Record::new());
    let ours = runtime.block_on(place(&target))?;
    system.stop();
    let reference = pgbench(&server.database("ticketing_orders"))?;
    println!("{}", Figure::at_least("orders-vs-pgbench", ours, reference, 0.6, "orders/s"));
    Ok(())
}

/// Places all orders, and returns how many a second.
async fn place(target: &Target) -> Result<f64> {
    let seller = Session::sign_up(target, "seller").await?;
    eprintln!("making {ORDERS} tickets");
    let mut makers = JoinSet::new();
    for _ in 0..CLIENTS {
        let (seller, target) = (seller.clone(), target.clone());
        makers.spawn(async move {
            let buyer = Session::sign_up(&target, "buyer").await?;
            let mut tickets = Vec::new();
            for _ in 0..ORDERS / CLIENTS {
                let body = json!({ "title": "A seat", "price": 4500 });
                let ticket = seller.post(Kind::Sell, "/api/tickets", &body).await?.document;
                tickets.push(json!({ "ticketId": ticket["id"] }));
            }
            // What is measured is the order, not the news of the ticket.
            for ticket in &tickets {
                let ask = || seller.post(Kind::Check, "/api/orders", ticket);
                until(ask, |answer| answer.code() == "own_ticket").await?;
            }
            std::result::Result::<_, ticketing_load::session::AskError>::Ok((buyer, tickets))
        });
    }
    let mut ready = Vec::new();
    while let Some(made) = makers.join_next().await {
        ready.push(made??);
    }
    let began = Instant::now();
    let mut ordering = JoinSet::new();
    for (buyer, tickets) in ready {
        ordering.spawn(async move {
            for ticket in tickets {
                let answer = buyer.post(Kind::Order, "/api/orders", &ticket).await;
                let placed = answer.as_ref().is_ok_and(|answer| answer.status == 201);
                assert!(placed, "{answer:?}");
            }
        });
    }
    while let Some(done) = ordering.join_next().await {
        done?;
    }
    Ok(ORDERS as f64 / began.elapsed().as_secs_f64())
}

/// Returns how many orders a second pgbench places.
fn pgbench(url: &str) -> Result<f64> {
    let per_client = ORDERS / CLIENTS;
    let fill = format!(
        "insert into tickets (id, version, title, price, currency, user_id, status)
         select 'pgbench-' || client || '-' || number, 1, 'A seat', 4500, 'USD', 'seller', 'available'
         from generate_series(0, {CLIENTS} - 1) client, generate_series(1, {per_client}) number"
    );
    output(postgres("psql")?.args(["--quiet", "--dbname", url, "--command", &fill]))?;
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("order.sql");
    fs::write(&script, SCRIPT)?;
    let mut command = postgres("pgbench")?;
    command
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"])
        .args(["--client", &CLIENTS.to_string(), "--transactions", &per_client.to_string()])
        .args(["--define", "number=0"])
        .arg("--file")
        .arg(&script)
        .arg(url);
    let said = output(&mut command)?;
    let rate = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.ok_or_else(|| format!("pgbench told no rate:\n{said}").into())
}
