//! Placing and cancelling an order.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use ticketing_contracts::{
    TicketId,
    order::{OrderCancelled, OrderCreated},
    ticket::{
        RejectionReason, Ticket, TicketReservationRejected, TicketReserved, TicketSold,
        TicketStatus, TicketUpdated, TicketWithdrawn,
    },
};

use crate::world::{HOLD, World, id, path, reserved, user};

#[tokio::test]
async fn a_new_order_is_answered_in_full_and_told() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let answer = world.try_order("buyer", ticket.id).await;
    assert_eq!(answer.etag(), "\"1\"");
    let order = answer.expect(201);
    let expected = json!({
        "id": order["id"], "userId": user("buyer"), "status": "created",
        "expiresAt": world.clock.now() + HOLD, "version": 1,
        "ticket": {"id": ticket.id, "title": "A seat", "price": 1999, "currency": "USD"},
    });
    assert_eq!(order, expected);
    let told: Vec<OrderCreated> = world.told(&order).await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].order.version, told[0].order.ticket.version), (1, 1));

    world.tell(TicketReserved { ticket: reserved(&ticket, &order) }).await;
    let order = world.expect_status(&order, "awaiting_payment").await;
    assert_eq!(order["version"], 2);
}

#[tokio::test]
async fn what_cannot_be_bought_is_refused_with_the_reason() {
    let world = World::new().await;
    world.try_order("buyer", TicketId::new()).await.problem(404, "not_found");
    let ticket = world.offer("seller").await;
    world.try_order("seller", ticket.id).await.problem(409, "own_ticket");
    world.try_order("", ticket.id).await.problem(401, "unauthenticated");
    let malformed = world.send("buyer", "POST", "/api/orders", json!({"ticketId": "5"})).await;
    malformed.problem(400, "malformed_body");
    assert_eq!(malformed.body["errors"][0]["pointer"], "/ticketId");

    let at = |version, status| Ticket { version, status, ..ticket.clone() };
    world.tell(TicketReserved { ticket: at(2, TicketStatus::Reserved) }).await;
    world.try_order("buyer", ticket.id).await.problem(409, "ticket_reserved");
    world.tell(TicketSold { ticket: at(3, TicketStatus::Sold) }).await;
    world.try_order("buyer", ticket.id).await.problem(409, "ticket_sold");
    world.tell(TicketWithdrawn { ticket: at(4, TicketStatus::Withdrawn) }).await;
    world.try_order("buyer", ticket.id).await.problem(409, "ticket_withdrawn");
}

/// The replica may be behind; the orders here are not.
#[tokio::test]
async fn a_ticket_with_an_order_here_is_refused_before_tickets_tells_of_it() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.order("first", &ticket).await;
    world.try_order("second", ticket.id).await.problem(409, "ticket_reserved");
    world.cancel("first", &order).await.expect(204);
    world.buy("second", &ticket).await;
    // As if the event of the lock had not come: an old state is not taken.
    world.tell(TicketUpdated { ticket: ticket.clone() }).await;
    world.try_order("third", ticket.id).await.problem(409, "ticket_reserved");
}

#[tokio::test]
async fn a_replica_takes_the_newer_state_in_whatever_order() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let at = |version, price| Ticket { version, price, ..ticket.clone() };
    world.tell(TicketUpdated { ticket: at(5, 500) }).await;
    world.tell(TicketUpdated { ticket: at(3, 300) }).await;
    world.tell(TicketUpdated { ticket: at(5, 555) }).await;
    assert_eq!(world.order("buyer", &ticket).await["ticket"]["price"], 500);
}

/// F15: the order of a price that moved is cancelled with the reason, and keeps what was shown.
#[tokio::test]
async fn f15_an_order_without_a_lock_is_cancelled_with_the_reason() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.order("buyer", &ticket).await;
    let rejected = TicketReservationRejected {
        id: ticket.id,
        version: 2,
        order_id: id(&order),
        reason: RejectionReason::PriceChanged,
    };
    world.tell(rejected).await;
    let order = world.expect_status(&order, "cancelled").await;
    assert_eq!(order["reason"], "price_changed");
    assert_eq!(order["ticket"]["price"], 1999);
}

/// F15: nobody buys from oneself.
#[tokio::test]
async fn f15_nobody_buys_the_own_ticket() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    world.try_order("seller", ticket.id).await.problem(409, "own_ticket");
    world.try_order("buyer", ticket.id).await.expect(201);
}

#[tokio::test]
async fn only_the_buyer_cancels_and_only_what_is_open() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.cancel("", &order).await.problem(401, "unauthenticated");
    for who in ["seller", "admin"] {
        world.cancel(who, &order).await.problem(403, "forbidden");
    }
    world.cancel("buyer", &order).await.expect(204);
    let order = world.expect_status(&order, "cancelled").await;
    assert_eq!(order["reason"], "buyer");
    world.cancel("buyer", &order).await.problem(409, "order_not_cancellable");
    assert_eq!(world.told::<OrderCancelled>(&order).await.len(), 1);

    let other = world.offer("seller").await;
    let (paid, _) = world.buy("buyer", &other).await;
    world.cancel("buyer", &paid).await.problem(409, "order_not_cancellable");
    let unknown = json!({"id": TicketId::new()});
    world.cancel("buyer", &unknown).await.problem(404, "not_found");
    world.cancel("buyer", &json!({"id": "5"})).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_lock_that_comes_after_the_end_revives_nothing() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.order("buyer", &ticket).await;
    world.cancel("buyer", &order).await.expect(204);
    world.tell(TicketReserved { ticket: reserved(&ticket, &order) }).await;
    world.expect_status(&order, "cancelled").await;
    assert_eq!(world.kinds(&order).await, ["created", "cancelled"]);
}

#[tokio::test]
async fn another_site_buys_nothing_in_a_users_name() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.order("buyer", &ticket).await;
    for (method, path) in [("POST", "/api/orders".to_owned()), ("DELETE", path(&order))] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", world.auth.cookie("buyer"))
            .header("sec-fetch-site", "cross-site");
        let request = request.body(Body::empty()).unwrap();
        world.exchange(request).await.problem(403, "cross_site_request");
    }
    assert_eq!(world.send("buyer", "GET", &path(&order), Value::Null).await.status, 200);
}

/// F7: who takes orders waits for nobody who hears of them.
#[tokio::test]
async fn f7_a_consumer_that_hangs_or_is_down_stops_no_order() {
    let world = World::new().await;
    let tickets = [world.offer("seller").await, world.offer("seller").await];
    world.add_stuck_consumers().await;
    for ticket in &tickets {
        let order = world.order("buyer", ticket).await;
        world.eventually(async || world.heard(&order) == ["order.created"]).await;
    }
}

/// The test above can fail: where publishing waits for consumers, one that hangs holds up all news.
#[tokio::test]
async fn f7_if_publishing_waited_for_consumers_one_would_stop_all_news() {
    let world = World::with_waiting_publisher().await;
    let tickets = [world.offer("seller").await, world.offer("seller").await];
    world.add_stuck_consumers().await;
    let first = world.order("buyer", &tickets[0]).await;
    world.eventually(async || world.heard(&first) == ["order.created"]).await;
    let second = world.order("buyer", &tickets[1]).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(world.heard(&second), [""; 0]);
}
