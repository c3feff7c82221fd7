//! Orders for distinct tickets on PostgreSQL, beside pgbench with the same statements.
//!
//! Twice, each time by as many clients as pgbench has, on a server that syncs its commits:
//!
//! - The orders service, as it runs where each service has machines of its own: one process, with its
//!   relay and its broker, while the processes of tickets, payments, expiration and the pages stand
//!   still. An order is answered for without them; what they missed they do afterwards, and that is
//!   waited for. pgbench places orders and nothing else, so that this one is held against it.
//! - The process with all services, in which what follows each order (the lock, the events, the
//!   timers) runs on the same cores meanwhile. It has no bound.

use std::{fs, path::Path, process::Command, time::Instant};

use serde_json::{Value, json};
use ticketing_load::{
    Record, Session, System,
    record::Kind,
    session::{AskError, Target},
    system::Form,
    trade::until,
};
use ticketkit_bench::Figure;
use ticketkit_servers::Postgres;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    Result,
    program::{output, postgres},
    wire::{Connection, Request},
};

const CLIENTS: usize = 32;
const ORDERS: usize = 3_200;

/// Those that stand still while the orders service is measured; auth has to be heard.
const OTHERS: [&str; 4] = ["tickets-1", "payments-1", "expiration-1", "web-1"];

/// What `POST /api/orders` executes, its values in the same sizes.
const SCRIPT: &str = "\
\\set number :number + 1
\\set order random(1, 1000000000000)
\\set partition :order % 16
select t.id, t.version, t.title, t.price, t.currency, t.user_id, t.status, o.status as order_status,
       (select count(*) from bans
        where user_id = 'user-' || :client_id and banned = 1 and (until is null or until > 1)) as bans
  from tickets t
  left join orders o
      on o.ticket_id = t.id and o.status in ('created', 'awaiting_payment', 'complete')
  where t.id = 'pgbench-' || :client_id || '-' || :number;
begin;
select pg_advisory_xact_lock_shared(hashtextextended('user/' || :client_id, 0)),
       pg_advisory_xact_lock_shared(hashtextextended('user/seller', 0));
select user_id from bans
  where user_id in ('user-' || :client_id, 'seller') and banned = 1
    and (until is null or until > 1);
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
    let service = of_the_service(binary, runtime, &server)?;
    let beside_all = beside_all_services(binary, runtime, &server)?;
    let reference = pgbench(&server.database("alone_orders"))?;
    println!("{}", Figure::at_least("orders-vs-pgbench", service, reference, 0.6, "orders/s"));
    println!("{}", Figure::new("orders-beside-all-services", beside_all, reference, "orders/s"));
    Ok(())
}

/// Orders a second of the orders service while the others stand still.
fn of_the_service(binary: &Path, runtime: &Runtime, server: &Postgres) -> Result<f64> {
    eprintln!("starting the distributed system");
    let url = server.database("alone");
    let system = System::start(binary, Form::Distributed(1), &settings(&url))?;
    let record = Record::new();
    let target = Target::new(system.url(), record.clone());
    let address = system.last_line(|line| {
        let (name, line) = line.split_once('|')?;
        let address = line.trim().strip_prefix("listening on ")?;
        (name.trim() == "orders-1").then(|| address.to_owned())
    });
    // Past the ingress, which is for development: it opens a connection for each request.
    let orders = Target::new(address.ok_or("orders-1 did not say where it listens")?, record);
    let buyers = runtime.block_on(prepare(&target))?;
    let stopped = Stopped::stop(&system)?;
    let placed = runtime.block_on(place(&orders, &buyers))?;
    drop(stopped);
    runtime.block_on(await_locks(&orders, &buyers, placed.last))?;
    Ok(placed.rate)
}

/// Orders a second of the process with all services.
fn beside_all_services(binary: &Path, runtime: &Runtime, server: &Postgres) -> Result<f64> {
    let url = server.database("together");
    let system = System::start(binary, Form::AllInOne, &settings(&url))?;
    let target = Target::new(system.url(), Record::new());
    let buyers = runtime.block_on(prepare(&target))?;
    Ok(runtime.block_on(place(&target, &buyers))?.rate)
}

fn settings(url: &str) -> [(&str, &str); 3] {
    [("TICKETING_DATABASE_URL", url), ("RUST_LOG", "error"), ("TICKETING_THROTTLE", "off")]
}

/// Processes that stand still until this is dropped.
struct Stopped(Vec<u32>);

impl Stopped {
    fn stop(system: &System) -> Result<Self> {
        let mut stopped = Self(Vec::new());
        for name in OTHERS {
            let prefix = format!("{name} runs as process ");
            let process = system.last_line(|line| line.strip_prefix(&prefix)?.trim().parse().ok());
            stopped.0.push(process.ok_or_else(|| format!("{name} never ran"))?);
        }
        stopped.signal("STOP");
        Ok(stopped)
    }

    fn signal(&self, name: &str) {
        for process in &self.0 {
            let kill = format!("kill -{name} {process}");
            // One that is gone fails what is measured, and says so there.
            let _ = Command::new("sh").args(["-c", &kill]).status();
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

/// A buyer, and the documents of the orders that this one places.
type Buyer = (Session, Vec<Value>);

async fn prepare(target: &Target) -> Result<Vec<Buyer>> {
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
            std::result::Result::<_, AskError>::Ok((buyer, tickets))
        });
    }
    let mut ready = Vec::new();
    while let Some(made) = makers.join_next().await {
        ready.push(made??);
    }
    Ok(ready)
}

struct Placed {
    rate: f64,
    /// The last order of each buyer.
    last: Vec<Value>,
}

/// Places all orders, each buyer one after the other on a connection of their own.
async fn place(target: &Target, buyers: &[Buyer]) -> Result<Placed> {
    let mut ready = Vec::new();
    for (buyer, wanted) in buyers {
        let buyer = buyer.through(target);
        let requests: Vec<_> =
            wanted.iter().map(|order| Request::post(&buyer, "/api/orders", order)).collect();
        ready.push((Connection::open(&buyer).await?, requests));
    }
    let began = Instant::now();
    let mut ordering = JoinSet::new();
    for (number, (mut connection, requests)) in ready.into_iter().enumerate() {
        ordering.spawn(async move {
            let mut last = None;
            for request in requests {
                let reply =
                    connection.send(&request).await.map_err(|error| format!("{error:?}"))?;
                if reply.status != 201 {
                    return Err(format!("an order nobody else wants: {:?}", reply.document()));
                }
                last = Some(reply);
            }
            Ok((number, last))
        });
    }
    let mut last = vec![Value::Null; buyers.len()];
    while let Some(done) = ordering.join_next().await {
        let (number, order) = done??;
        last[number] = order.map(|reply| reply.document()).unwrap_or_default();
    }
    Ok(Placed { rate: ORDERS as f64 / began.elapsed().as_secs_f64(), last })
}

/// Waits until the services that stood still have locked the last ticket of each buyer.
async fn await_locks(target: &Target, buyers: &[Buyer], last: Vec<Value>) -> Result<()> {
    for ((buyer, _), order) in buyers.iter().zip(last) {
        let buyer = buyer.through(target);
        let path = format!("/api/orders/{}", order["id"].as_str().unwrap_or_default());
        let ask = || buyer.get(Kind::ReadOrder, &path);
        let mut status = Value::Null;
        // They have all orders to catch up with: some patience more than for one.
        for _ in 0..12 {
            let answer = until(ask, |answer| answer.document["status"] != "created").await?;
            status = answer.document["status"].clone();
            if status != "created" {
                break;
            }
        }
        if status != "awaiting_payment" {
            return Err(format!("an order that was answered for is {status}").into());
        }
    }
    Ok(())
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
