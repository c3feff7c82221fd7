//! An order as a stream of events.

use ticketing_tests::market::order_path;
use ticketing_tests::{Person, Request};

use crate::shared::shared;

#[test]
fn the_stream_tells_the_present_state_each_change_and_ends() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let order = buyer.reserve(&seller.sell("Live", 100));
    let path = format!("{}/events", order_path(&order));

    let mut stream = buyer.client.events(&path);
    assert_eq!(stream.head.status, 200);
    let kind = stream.head.header("content-type").unwrap_or_default().to_owned();
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let first = stream.next_event().expect("the stream").expect("the present state");
    assert_eq!(first.name, "order");
    assert_eq!(first.data, order, "the same document as of GET");
    assert_eq!(first.id, order["version"].to_string());

    buyer.pay(&order, "pm_card_visa").expect(201);
    let mut last = first;
    while let Some(event) = stream.next_event().expect("the stream") {
        assert!(event.data["version"].as_i64() > last.data["version"].as_i64(), "only news");
        last = event;
    }
    assert_eq!(last.data["status"], "complete", "the stream ends after the last state");

    let mut late = buyer.client.events(&path);
    let only = late.next_event().expect("the stream").expect("the present state");
    assert_eq!(only.data["status"], "complete");
    assert_eq!(late.next_event().expect("the end"), None);
}

#[test]
fn the_stream_is_the_buyers_own() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let order = buyer.reserve(&seller.sell("Private stream", 100));
    let request = || {
        Request::get(format!("{}/events", order_path(&order))).header("accept", "text/event-stream")
    };
    seller.send(request()).problem(403, "forbidden");
    shared.server.client().send(request()).problem(401, "unauthenticated");
}
