//! Buying, paying, cancelling, refunding.

use http::Method;
use serde_json::json;

use crate::{
    browser::{get, post},
    canned::{id, problem},
    fake::Fake,
};

fn payment(status: &str) -> serde_json::Value {
    json!({ "items": [{
        "id": id(300), "orderId": id(201), "amount": 8450, "currency": "EUR", "status": status,
        "createdAt": "2026-11-23T06:00:00Z",
    }], "next": null })
}

#[tokio::test]
async fn who_buys_signed_out_signs_in_and_comes_back_to_the_ticket() {
    let fake = Fake::default();
    let answer = post(&fake.pages(), "/orders", "", &format!("ticketId={}", id(100))).await;
    assert_eq!(answer.location(), format!("/auth/signin?next=%2Ftickets%2F{}", id(100)));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_ticket_that_is_taken_is_shown_again_with_the_reason() {
    let fake = Fake::default();
    fake.refuse(Method::POST, "/api/orders", 409, "ticket_reserved");
    let page = post(&fake.pages(), "/orders", "buyer", &format!("ticketId={}", id(100))).await;
    assert_eq!(page.status, 409);
    page.has("Someone else is buying this ticket.").has("Berlin Philharmonic");
}

#[tokio::test]
async fn news_that_has_not_arrived_yet_is_waited_for() {
    let fake = Fake::default();
    fake.refuse(Method::POST, "/api/orders", 404, "not_found");
    let page = post(&fake.pages(), "/orders", "buyer", &format!("ticketId={}", id(100))).await;
    assert_eq!(page.status, 404);
    assert!(fake.calls(&Method::POST, "/api/orders").len() > 2);
}

#[tokio::test]
async fn each_state_of_an_order_says_what_comes_next() {
    let pages = Fake::default().pages();
    for (n, text) in [
        (200, "We are holding the ticket for you."),
        (201, "name=\"token\" value=\"pm_card_visa\" checked"),
        (202, "Receipt"),
        (203, "You have cancelled this order."),
        (204, "The time is over."),
        (205, "go back to your card"),
    ] {
        let page = get(&pages, &format!("/orders/{}", id(n)), "buyer").await;
        page.has(text);
        // Without a script a waiting page looks again by itself; the others stay as they are.
        assert_eq!(page.body.contains("http-equiv=\"refresh\""), n == 200);
        assert_eq!(page.body.contains("Cancel the order"), n < 202);
        assert_eq!(page.body.contains("data-over"), n >= 202);
    }
}

#[tokio::test]
async fn a_payment_is_sent_once_however_often_it_is_pressed() {
    let fake = Fake::default();
    let pages = fake.pages();
    let path = format!("/orders/{}", id(201));
    let page = get(&pages, &path, "buyer").await;
    let attempt = page.between("name=\"attempt\" value=\"", "\"")[0].to_owned();
    let form = format!("orderId={}&token=pm_card_visa&attempt={attempt}", id(201));
    let answer = post(&pages, &format!("{path}/pay"), "buyer", &form).await;
    assert_eq!(answer.location(), path);
    let call = &fake.calls(&Method::POST, "/api/payments")[0];
    assert_eq!(call.headers["idempotency-key"], attempt);
    assert_eq!(call.body, json!({ "orderId": id(201), "token": "pm_card_visa" }));
    let again = get(&pages, &path, "buyer").await;
    assert_ne!(again.between("name=\"attempt\" value=\"", "\"")[0], attempt);
}

#[tokio::test]
async fn a_declined_card_is_told_beside_the_cards() {
    let fake = Fake::default();
    let path = format!("/orders/{}/pay", id(201));
    let form = format!("orderId={}&token=pm_card_chargeDeclined", id(201));
    fake.refuse(Method::POST, "/api/payments", 402, "payment_declined");
    let page = post(&fake.pages(), &path, "buyer", &form).await;
    assert_eq!(page.status, 402);
    page.has("id=\"field-token-error\">The card was declined.")
        .has("value=\"pm_card_chargeDeclined\" checked");
    let body = problem(422, "validation_failed", &[("token", "must be a known token")]);
    fake.on(Method::POST, "/api/payments", 422, body);
    let page = post(&fake.pages(), &path, "buyer", &form).await;
    assert_eq!(page.status, 422);
    page.has("Must be a known token.");
    // Who reloads the refused page by its address gets the order.
    assert_eq!(get(&fake.pages(), &path, "buyer").await.location(), format!("/orders/{}", id(201)));
}

#[tokio::test]
async fn a_payment_under_way_is_not_asked_for_again() {
    let fake = Fake::default();
    let path = format!("/orders/{}", id(201));
    for status in ["processing", "pending", "succeeded"] {
        fake.on(Method::GET, "/api/payments", 200, payment(status));
        let page = get(&fake.pages(), &path, "buyer").await;
        page.lacks("name=\"token\"").has("http-equiv=\"refresh\"");
    }
    fake.on(Method::GET, "/api/payments", 200, payment("requires_action"));
    let page = get(&fake.pages(), &path, "buyer").await;
    page.lacks("name=\"token\"").has(&format!("name=\"paymentId\" value=\"{}\"", id(300)));
    let confirm = format!("/api/payments/{}/confirm", id(300));
    fake.on(Method::POST, &confirm, 200, json!({}));
    let form = format!("paymentId={}", id(300));
    let answer = post(&fake.pages(), &format!("{path}/confirm"), "buyer", &form).await;
    assert_eq!(answer.location(), path);
    assert_eq!(fake.calls(&Method::POST, &confirm).len(), 1);

    // An order is shown even if its payments can not be.
    fake.refuse(Method::GET, "/api/payments", 503, "unavailable");
    assert_eq!(get(&fake.pages(), &path, "buyer").await.status, 200);
}

#[tokio::test]
async fn card_fields_are_on_the_page_of_an_order_alone() {
    let fake = Fake::default();
    let pages = fake.pages_with_cards();
    let policy =
        |answer: &crate::browser::Answer| answer.header("content-security-policy").to_owned();
    let path = format!("/orders/{}", id(201));
    let page = get(&pages, &path, "buyer").await;
    page.has("src=\"https://js.stripe.com/v3/\" defer").has("data-stripe=\"pk_test_1\"");
    page.has("id=\"card\"").has("needs JavaScript").lacks("pm_card_visa");
    assert!(policy(&page).contains("frame-src https://js.stripe.com"), "{}", policy(&page));
    // A refused form is the same page.
    fake.refuse(Method::POST, "/api/payments", 402, "payment_declined");
    let refused = post(&pages, &format!("{path}/pay"), "buyer", "token=pm_1").await;
    refused.has("id=\"card\"").has("The card was declined.");
    assert_eq!(policy(&refused), policy(&page));
    fake.on(Method::GET, "/api/payments", 200, payment("requires_action"));
    get(&pages, &path, "buyer").await.has(&format!("data-payment=\"{}\"", id(300)));
    for elsewhere in ["/", "/orders", "/account"] {
        let page = get(&pages, elsewhere, "buyer").await;
        assert!(!policy(&page).contains("stripe"), "{elsewhere}");
        page.lacks("js.stripe.com");
    }
    get(&fake.pages(), &path, "buyer").await.lacks("stripe");
}

#[tokio::test]
async fn an_order_is_cancelled_or_told_why_not() {
    let fake = Fake::default();
    let path = format!("/orders/{}", id(201));
    let answer = post(&fake.pages(), &format!("{path}/cancel"), "buyer", "").await;
    assert_eq!(answer.location(), format!("{path}?done=order-cancelled"));
    fake.refuse(Method::DELETE, &format!("/api{path}"), 409, "order_not_cancellable");
    let page = post(&fake.pages(), &format!("{path}/cancel"), "buyer", "").await;
    assert_eq!(page.status, 409);
    page.has("can no longer be cancelled");
}

#[tokio::test]
async fn administrators_refund_and_nobody_else_is_asked_to() {
    let fake = Fake::default();
    let pages = fake.pages();
    let path = format!("/orders/{}", id(202));
    get(&pages, &path, "buyer").await.lacks("name=\"reason\"");
    get(&pages, &path, "admin").await.has("name=\"reason\"");
    let api = format!("/api{path}/refund");
    fake.on(Method::POST, &api, 202, json!({}));
    let answer = post(&pages, &format!("{path}/refund"), "admin", "reason=Cancelled+concert").await;
    assert_eq!(answer.location(), format!("{path}?done=refund-begun"));
    assert_eq!(fake.calls(&Method::POST, &api)[0].body, json!({ "reason": "Cancelled concert" }));
}
