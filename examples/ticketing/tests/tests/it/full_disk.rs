//! A full disk is an outage: nothing that was answered is lost, and it ends by itself.

use std::time::Duration;

use serde_json::json;
use ticketing_tests::market::{items, order_path, ticket_path};
use ticketing_tests::{Person, Server, eventually};

/// The longest pause of whatever tries again in the background, and some.
const RECOVERY: Duration = Duration::from_secs(30);

#[test]
fn after_a_full_disk_everything_goes_on_without_a_restart() {
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let ticket = seller.sell("Before", 100);
    let order = buyer.reserve(&ticket);
    buyer.pay(&order, "pm_card_chargeDeclined").problem(402, "payment_declined");

    server.fill_disk();
    let offer = json!({"title": "During", "price": 100});
    for _ in 0..5 {
        let refused = seller.post("/api/tickets", &offer);
        assert!(refused.status() >= 500, "{refused:?}");
        let refused = buyer.try_pay(&order, "pm_card_visa");
        assert!(refused.status() >= 500, "{refused:?}");
        let refused = buyer.delete(order_path(&order));
        assert!(refused.status() >= 500, "{refused:?}");
        // Reading needs no space.
        assert_eq!(seller.get(ticket_path(&ticket)).expect(200).json()["title"], "Before");
    }
    let client = server.client();
    eventually("the process to say that it is not ready", RECOVERY, || {
        let answer = client.get("/readyz");
        let named = answer.text().contains("tickets.database");
        if answer.status() == 503 && named { Ok(()) } else { Err(answer) }
    });
    server.free_disk();
    eventually("the process to be ready again", RECOVERY, || {
        let answer = client.get("/readyz");
        if answer.status() == 200 { Ok(()) } else { Err(answer) }
    });

    let offer = json!({"title": "After", "price": 100});
    let after = eventually("a ticket to be taken again", RECOVERY, || {
        let answer = seller.post("/api/tickets", &offer);
        if answer.status() == 201 { Ok(answer.json()) } else { Err(answer) }
    });
    eventually("the order to be paid", RECOVERY, || {
        let answer = buyer.try_pay(&order, "pm_card_visa");
        let paid = answer.status() == 201 || answer.text().contains("already_paid");
        if paid { Ok(()) } else { Err(answer) }
    });
    eventually("the order to be complete", RECOVERY, || {
        let order = buyer.get(order_path(&order)).expect(200).json();
        if order["status"] == "complete" { Ok(()) } else { Err(order) }
    });
    let payments = buyer.payments(&order);
    let succeeded = payments.iter().filter(|payment| payment["status"] == "succeeded").count();
    assert_eq!(succeeded, 1, "{payments:?}");
    let mine = items(&seller.get("/api/tickets/mine").expect(200).json());
    assert_eq!(mine.len(), 2, "what was refused is not there: {mine:?}");
    buyer.buy(&after);
    drop(Person::sign_up(&server, "latecomer"));
}
