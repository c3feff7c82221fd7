//! Payments and refunds.

use serde_json::{Value, json};
use ticketing_contracts::{
    order::{OrderCompleted, OrderRefundRequested},
    payment::{PaymentCreated, PaymentRefunded},
};

use crate::world::{HOLD, World, path, payment};

async fn refunds(world: &World, order: &Value) -> Vec<Value> {
    let told: Vec<OrderRefundRequested> = world.told(order).await;
    told.iter().map(|event| json!([event.payment_id, event.reason])).collect()
}

/// F3: a payment that comes after the end revives nothing and goes back, once.
#[tokio::test]
async fn f3_a_payment_for_a_dead_order_goes_back_once() {
    let world = World::new().await;
    for (status, reason) in [("cancelled", "order_cancelled"), ("expired", "order_expired")] {
        let ticket = world.offer("seller").await;
        let order = world.reserve("buyer", &ticket).await;
        if status == "cancelled" {
            world.cancel("buyer", &order).await.expect(204);
        } else {
            world.clock.advance(HOLD * 2);
            world.await_status(&order, status).await;
        }
        let late = payment(&order);
        for _ in 0..3 {
            world.tell(PaymentCreated { payment: late.clone() }).await;
        }
        world.expect_status(&order, status).await;
        assert_eq!(refunds(&world, &order).await, [json!([late.id, reason])]);

        let back = PaymentRefunded { payment: late, reason: reason.to_owned() };
        world.tell(back).await;
        world.expect_status(&order, status).await;
        assert!(world.told::<OrderCompleted>(&order).await.is_empty());
    }
}

/// The test above can fail: without the note of what was asked for, the money goes back twice.
#[tokio::test]
async fn f3_without_its_note_a_payment_would_go_back_twice() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    world.cancel("buyer", &order).await.expect(204);
    let late = payment(&order);
    for _ in 0..2 {
        world.tell(PaymentCreated { payment: late.clone() }).await;
        world.sabotage("delete from refunds").await;
    }
    assert_eq!(refunds(&world, &order).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f3_paying_and_cancelling_at_once_ends_in_one_of_two_ways() {
    pay_and_cancel(&World::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL installed: run cargo xtask test"]
async fn f3_paying_and_cancelling_at_once_ends_in_one_of_two_ways_on_postgres() {
    pay_and_cancel(&World::on_postgres().await).await;
}

/// F3: both at once. Whichever comes first, money is not kept for nothing.
async fn pay_and_cancel(world: &World) {
    for _ in 0..20 {
        let ticket = world.offer("seller").await;
        let order = world.reserve("buyer", &ticket).await;
        let paid = PaymentCreated { payment: payment(&order) };
        let (cancelled, ()) = tokio::join!(world.cancel("buyer", &order), world.tell(paid));
        let went_back = refunds(world, &order).await.len();
        match cancelled.status.as_u16() {
            204 => {
                world.expect_status(&order, "cancelled").await;
                assert_eq!(went_back, 1);
            }
            _ => {
                cancelled.problem(409, "order_not_cancellable");
                world.expect_status(&order, "complete").await;
                assert_eq!(went_back, 0);
            }
        }
    }
}

/// F21: the same payment told again, by a webhook and by polling, completes once.
#[tokio::test]
async fn f21_a_payment_told_twice_completes_once() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let payment = payment(&order);
    for _ in 0..2 {
        world.tell(PaymentCreated { payment: payment.clone() }).await;
    }
    let order = world.expect_status(&order, "complete").await;
    assert_eq!(order["version"], 3);
    let told: Vec<OrderCompleted> = world.told(&order).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].order.payment_id, Some(payment.id));
    assert!(refunds(&world, &order).await.is_empty());
}

/// The test above can fail: an order that forgot its step would take it again, and tell so.
#[tokio::test]
async fn f21_if_the_step_were_not_kept_it_would_be_told_twice() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let payment = payment(&order);
    for _ in 0..2 {
        world.tell(PaymentCreated { payment: payment.clone() }).await;
        world.sabotage("update orders set status = 'awaiting_payment', payment_id = null").await;
    }
    assert_eq!(world.told::<OrderCompleted>(&order).await.len(), 2);
}

/// F22: a second payment goes back, and the order stays.
#[tokio::test]
async fn f22_the_refund_of_a_second_payment_voids_nothing() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let (order, _) = world.buy("buyer", &ticket).await;
    let second = payment(&order);
    world.tell(PaymentCreated { payment: second.clone() }).await;
    let expected = [json!([second.id, "order_already_paid"])];
    assert_eq!(refunds(&world, &order).await, expected);
    let reason = "order_already_paid".to_owned();
    world.tell(PaymentRefunded { payment: second, reason }).await;
    world.expect_status(&order, "complete").await;
}

/// The test above can fail: did the order not know its own payment, the refund of another would void
/// it.
#[tokio::test]
async fn f22_without_its_payment_an_order_would_be_voided() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let (order, _) = world.buy("buyer", &ticket).await;
    let second = payment(&order);
    world.tell(PaymentCreated { payment: second.clone() }).await;
    world.sabotage("update orders set payment_id = (select payment_id from refunds)").await;
    let reason = "order_already_paid".to_owned();
    world.tell(PaymentRefunded { payment: second, reason }).await;
    world.expect_status(&order, "refunded").await;
}

/// F4: what is paid is not cancelled, by whomever and however often it is tried.
#[tokio::test]
async fn f4_a_paid_order_is_not_cancelled() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let (order, _) = world.buy("buyer", &ticket).await;
    for _ in 0..2 {
        world.cancel("buyer", &order).await.problem(409, "order_not_cancellable");
    }
    world.expect_status(&order, "complete").await;
    assert_eq!(world.kinds(&order).await, ["created", "awaiting_payment", "completed"]);
}

/// The test above can fail: were the payment not kept, the ticket would be free again.
#[tokio::test]
async fn f4_if_the_payment_were_not_kept_a_paid_order_would_be_cancelled() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let (order, _) = world.buy("buyer", &ticket).await;
    world.sabotage("update orders set status = 'awaiting_payment', payment_id = null").await;
    world.cancel("buyer", &order).await.expect(204);
}

#[tokio::test]
async fn an_administrator_gives_money_back_once() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let (order, paid) = world.buy("buyer", &ticket).await;
    let target = format!("{}/refund", path(&order));
    let body = || json!({"reason": " called off "});
    world.send("", "POST", &target, body()).await.problem(401, "unauthenticated");
    for who in ["buyer", "seller"] {
        world.send(who, "POST", &target, body()).await.problem(403, "forbidden");
    }
    let empty = world.send("admin", "POST", &target, json!({"reason": " "})).await;
    empty.problem(422, "validation_failed");
    for _ in 0..2 {
        let answer = world.send("admin", "POST", &target, body()).await.expect(202);
        assert_eq!(answer, order, "nothing has changed yet");
    }
    assert_eq!(refunds(&world, &order).await, [json!([paid, "called off"])]);

    let mut payment = payment(&order);
    payment.id = paid;
    world.tell(PaymentRefunded { payment, reason: "called off".to_owned() }).await;
    world.expect_status(&order, "refunded").await;
    let again = world.send("admin", "POST", &target, body()).await;
    again.problem(409, "order_not_refundable");
    let kinds = world.kinds(&order).await;
    let expected = ["created", "awaiting_payment", "completed", "refund_requested", "refunded"];
    assert_eq!(kinds, expected);
    assert_eq!(world.order("next", &ticket_again(&world, &ticket).await).await["version"], 1);
}

/// The ticket as tickets tells of it after a refund.
async fn ticket_again(
    world: &World,
    ticket: &ticketing_contracts::ticket::Ticket,
) -> ticketing_contracts::ticket::Ticket {
    let free = ticketing_contracts::ticket::Ticket { version: 9, ..ticket.clone() };
    world.tell(ticketing_contracts::ticket::TicketUpdated { ticket: free.clone() }).await;
    free
}

#[tokio::test]
async fn only_what_is_paid_is_refundable() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let target = format!("{}/refund", path(&order));
    let refund = world.send("admin", "POST", &target, json!({"reason": "no"})).await;
    refund.problem(409, "order_not_refundable");
    let unknown = format!("/api/orders/{}/refund", uuid::Uuid::now_v7());
    let refund = world.send("admin", "POST", &unknown, json!({"reason": "no"})).await;
    refund.problem(404, "not_found");
}
