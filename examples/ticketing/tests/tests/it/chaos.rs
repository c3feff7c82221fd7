//! Kills at random moments under load, and what must hold afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use ticketing_tests::market::{order_path, ticket_path};
use ticketing_tests::person::text;
use ticketing_tests::{Dice, Person, Request, Response, Server, eventually};

const TRADERS: u64 = 6;
const KILLS: usize = 5;
/// Long enough that orders are paid, short enough that what is left over ends while we wait.
const HOLD: &str = "20";
/// The hold, the reconciler's ten seconds, and time for all the rest.
const SETTLED: Duration = Duration::from_secs(75);

/// What was answered with success, and by whom it can be asked for.
#[derive(Debug, Default)]
struct Ledger {
    /// Ticket id to the trader who sells it.
    tickets: BTreeMap<String, usize>,
    /// Order id to the trader who buys, and what was answered since.
    orders: BTreeMap<String, Promise>,
}

#[derive(Debug, Default, Clone)]
struct Promise {
    buyer: usize,
    ticket: String,
    paid: bool,
    cancelled: bool,
}

#[test]
fn kills_at_random_moments_lose_nothing_and_sell_nothing_twice() {
    let mut dice = Dice::from_env(0x5eed);
    let server = Server::with(&[("TICKETING_HOLD_SECONDS", HOLD)]);
    let traders: Vec<Person> = (0..TRADERS).map(|_| Person::sign_up(&server, "trader")).collect();
    let ledger = Mutex::new(Ledger::default());
    let over = AtomicBool::new(false);

    thread::scope(|scope| {
        for index in 0..traders.len() {
            let own = Dice::new(dice.roll());
            let (traders, ledger, over) = (&traders, &ledger, &over);
            scope.spawn(move || trade(index, traders, ledger, own, over));
        }
        // A panic here must not leave the traders running for ever.
        let end = EndOf(&over);
        for _ in 0..KILLS {
            thread::sleep(dice.between(Duration::from_millis(300), Duration::from_millis(2_000)));
            server.crash();
        }
        drop(end);
    });

    let ledger = ledger.into_inner().expect("no trader panicked");
    let (paid, cancelled) = ledger.orders.values().fold((0, 0), |(paid, cancelled), promise| {
        (paid + usize::from(promise.paid), cancelled + usize::from(promise.cancelled))
    });
    let (tickets, orders) = (ledger.tickets.len(), ledger.orders.len());
    println!("{tickets} tickets, {orders} orders, {paid} paid, {cancelled} cancelled");
    assert!(paid > 0 && cancelled > 0, "a load that does nothing proves nothing");
    judge(&traders, &ledger);
}

struct EndOf<'a>(&'a AtomicBool);

impl Drop for EndOf<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sells, buys, pays and cancels at random until it is over. A request that was cut off proves
/// nothing either way, and is forgotten.
fn trade(me: usize, traders: &[Person], ledger: &Mutex<Ledger>, mut dice: Dice, over: &AtomicBool) {
    let person = &traders[me];
    let ask = |request: Request| -> Option<Response> { person.client.try_send(request).ok() };
    while !over.load(Ordering::Relaxed) {
        match dice.below(10) {
            0..=2 => {
                let body = json!({"title": "Chaos", "price": 100});
                if let Some(answer) = ask(Request::post("/api/tickets").json(&body))
                    && answer.status() == 201
                {
                    let id = text(&answer.json(), "id");
                    ledger.lock().expect("the ledger").tickets.insert(id, me);
                }
            }
            3..=6 => {
                let known: Vec<String> =
                    ledger.lock().expect("the ledger").tickets.keys().cloned().collect();
                let Some(ticket) = dice.pick(&known) else { continue };
                let body = json!({"ticketId": ticket});
                if let Some(answer) = ask(Request::post("/api/orders").json(&body))
                    && answer.status() == 201
                {
                    let promise =
                        Promise { buyer: me, ticket: ticket.clone(), ..Promise::default() };
                    let id = text(&answer.json(), "id");
                    ledger.lock().expect("the ledger").orders.insert(id, promise);
                }
            }
            roll => {
                let Some(order) = own_open_order(me, ledger, &mut dice) else { continue };
                if roll == 7 {
                    let answer = ask(Request::delete(format!("/api/orders/{order}")));
                    if answer.is_some_and(|answer| answer.status() == 204) {
                        promise(ledger, &order, |promise| promise.cancelled = true);
                    }
                } else {
                    let tokens = ["pm_card_visa", "pm_card_visa", "pm_card_processing"];
                    let token = dice.pick(&tokens).copied().unwrap_or_default();
                    let body = json!({"orderId": order, "token": token});
                    let answer = ask(Request::post("/api/payments").json(&body));
                    if let Some(answer) = answer.filter(|answer| answer.status() == 201) {
                        let succeeded = answer.json()["status"] == "succeeded";
                        promise(ledger, &order, |promise| promise.paid |= succeeded);
                    }
                }
            }
        }
    }
}

fn own_open_order(me: usize, ledger: &Mutex<Ledger>, dice: &mut Dice) -> Option<String> {
    let ledger = ledger.lock().expect("the ledger");
    let open = |promise: &Promise| promise.buyer == me && !promise.paid && !promise.cancelled;
    let own: Vec<&String> =
        ledger.orders.iter().filter(|(_, promise)| open(promise)).map(|(id, _)| id).collect();
    dice.pick(&own).map(|id| (*id).clone())
}

fn promise(ledger: &Mutex<Ledger>, order: &str, change: impl FnOnce(&mut Promise)) {
    let mut ledger = ledger.lock().expect("the ledger");
    if let Some(promise) = ledger.orders.get_mut(order) {
        change(promise);
    }
}

/// Sessions may have expired since: everybody signs in again, and then the books are checked.
fn judge(traders: &[Person], ledger: &Ledger) {
    let traders: Vec<Person> = traders.iter().map(Person::sign_in_again).collect();
    let mut sold: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, promise) in &ledger.orders {
        let buyer = &traders[promise.buyer];
        let order = json!({"id": id});
        let order = eventually("the order to be over", SETTLED, || {
            let order = buyer.get(order_path(&order)).expect(200).json();
            match order["status"].as_str() {
                Some("complete" | "cancelled" | "expired") => Ok(order),
                _ => Err(order),
            }
        });
        let complete = order["status"] == "complete";
        assert_eq!(order["ticket"]["id"], promise.ticket.as_str());
        if complete {
            sold.entry(&promise.ticket).or_default().push(id);
        }
        assert!(!(complete && promise.cancelled), "cancelled with 204, then complete: {order}");
        eventually("the money to be where the order says", SETTLED, || {
            let payments = buyer.payments(&order);
            money(&payments, complete, promise.paid).map_err(|fault| (fault, payments))
        });
    }
    for (id, seller) in &ledger.tickets {
        let ticket = json!({"id": id});
        let buyers = sold.remove(id.as_str()).unwrap_or_default();
        assert!(buyers.len() <= 1, "{id} is sold {} times: {buyers:?}", buyers.len());
        eventually("the ticket to be what its orders say", SETTLED, || {
            let ticket = traders[*seller].get(ticket_path(&ticket)).expect(200).json();
            let expected = match buyers.as_slice() {
                [order] => ticket["status"] == "sold" && ticket["orderId"] == *order,
                // An order whose answer was cut off was never paid, and its hold is over too.
                _ => ticket["status"] == "available",
            };
            if expected { Ok(()) } else { Err(ticket) }
        });
    }
    assert!(sold.is_empty(), "sold, but never offered: {sold:?}");
}

fn money(payments: &[Value], complete: bool, told_paid: bool) -> Result<(), &'static str> {
    let count = |status: &str| payments.iter().filter(|p| p["status"] == status).count();
    let settled = count("succeeded") + count("failed") + count("refunded");
    if settled != payments.len() {
        return Err("not settled");
    }
    match (complete, count("succeeded")) {
        (true, 1) => Ok(()),
        (true, _) => Err("complete, but not paid once"),
        (false, 0) if told_paid && count("refunded") == 0 => Err("paid, and the money is gone"),
        (false, 0) => Ok(()),
        (false, _) => Err("kept money for an order that is over"),
    }
}
