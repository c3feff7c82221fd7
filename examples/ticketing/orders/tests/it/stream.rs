//! An order as a stream of events.

use std::time::Duration;

use axum::{body::Body, http::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use ticketing_contracts::payment::PaymentCreated;
use ticketing_orders::Settings;
use ticketkit_auth::revocation::{Ban, Revocation};

use crate::world::{World, path, payment};

const SOON: Duration = Duration::from_secs(20);

/// A stream that is being read.
struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    async fn open(world: &World, who: &str, order: &Value) -> Self {
        let request = Request::get(format!("{}/events", path(order)))
            .header("cookie", world.auth.cookie(who))
            .body(Body::empty());
        let response: Response = world.raw(request.unwrap()).await;
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        Self { body: response.into_body(), text: String::new() }
    }

    /// Waits for so many comments, and for nothing else.
    async fn comments(&mut self, count: usize) {
        assert_eq!(self.text, "");
        while self.text.matches("\n\n").count() < count {
            self.read().await.expect("the stream goes on");
        }
        let only_comments = self.text.lines().all(|line| line.is_empty() || line.starts_with(':'));
        assert!(only_comments, "{:?}", self.text);
    }

    /// Reads on; `None` at the end.
    async fn read(&mut self) -> Option<()> {
        let frame = tokio::time::timeout(SOON, self.body.frame()).await;
        let frame = frame.expect("something on the stream")?.unwrap();
        self.text.push_str(str::from_utf8(frame.data_ref().unwrap()).unwrap());
        Some(())
    }

    /// Returns the next order; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        // Comments are no reason to wait for longer.
        tokio::time::timeout(SOON, self.find()).await.expect("an order, or the end")
    }

    async fn find(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(order) = order(&event) {
                    return Some(order);
                }
            } else {
                self.read().await?;
            }
        }
    }
}

/// Reads an event; comments are none.
fn order(event: &str) -> Option<Value> {
    let field = |name| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let order: Value = serde_json::from_str(field("data:")?).unwrap();
    assert_eq!(field("event:"), Some("order"));
    assert_eq!(field("id:"), Some(order["version"].to_string().as_str()));
    Some(order)
}

#[tokio::test]
async fn the_present_state_each_change_and_the_end() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.order("buyer", &ticket).await;
    let mut stream = Stream::open(&world, "buyer", &order).await;
    assert_eq!(stream.next().await, Some(order.clone()), "the same document as of GET");

    let reserved = crate::world::reserved(&ticket, &order);
    world.tell(ticketing_contracts::ticket::TicketReserved { ticket: reserved }).await;
    assert_eq!(stream.next().await.unwrap()["status"], "awaiting_payment");
    world.tell(PaymentCreated { payment: payment(&order) }).await;
    let last = stream.next().await.unwrap();
    assert_eq!((&last["status"], &last["version"]), (&json!("complete"), &json!(3)));
    assert_eq!(stream.next().await, None);

    let mut late = Stream::open(&world, "buyer", &order).await;
    assert_eq!(late.next().await, Some(last));
    assert_eq!(late.next().await, None);
}

/// Proxies close what is silent; the contract promises a comment every 15 s.
#[tokio::test]
async fn a_stream_that_has_nothing_to_tell_sends_comments() {
    assert_eq!(Settings::default().keep_alive, Duration::from_secs(15));
    let world = World::with_keep_alive(Duration::from_millis(20)).await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let mut stream = Stream::open(&world, "buyer", &order).await;
    assert_eq!(stream.next().await, Some(order.clone()));
    stream.comments(3).await;
    world.cancel("buyer", &order).await.expect(204);
    assert_eq!(stream.next().await.unwrap()["status"], "cancelled");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn cancelling_ends_all_streams_of_the_order() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = Stream::open(&world, "buyer", &order).await;
        assert_eq!(stream.next().await, Some(order.clone()));
        streams.push(stream);
    }
    world.cancel("buyer", &order).await.expect(204);
    for mut stream in streams {
        assert_eq!(stream.next().await.unwrap()["status"], "cancelled");
        assert_eq!(stream.next().await, None);
    }
}

#[tokio::test]
async fn the_shutdown_ends_a_stream() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let mut stream = Stream::open(&world, "buyer", &order).await;
    assert_eq!(stream.next().await, Some(order));
    world.shutdown.request();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_read_it() {
    let world = World::new().await;
    let ticket = world.offer("seller").await;
    let order = world.reserve("buyer", &ticket).await;
    let mut stream = Stream::open(&world, "buyer", &order).await;
    assert_eq!(stream.next().await, Some(order));
    world.token_clock.advance(Duration::from_secs(3600));
    assert_eq!(stream.next().await, None);
}

/// The news of a ban comes from another process, by the feed, into the view.
#[tokio::test]
async fn f23_the_stream_of_a_banned_user_is_cut_and_no_other() {
    let world = World::new().await;
    let mut streams = Vec::new();
    for who in ["buyer", "other"] {
        let order = world.reserve(who, &world.offer("seller").await).await;
        let mut stream = Stream::open(&world, who, &order).await;
        assert_eq!(stream.next().await, Some(order.clone()));
        streams.push((order, stream));
    }
    world.view.apply(&Revocation::User {
        user: world.auth.claims("buyer").sub.clone(),
        min_epoch: 1,
        ban: Some(Ban { version: 1, banned: true, until: None }),
        at: world.token_clock.now().as_millis(),
    });
    assert_eq!(streams[0].1.next().await, None);
    let (order, stream) = &mut streams[1];
    world.tell(PaymentCreated { payment: payment(order) }).await;
    assert_eq!(stream.next().await.unwrap()["status"], "complete", "nobody else is cut off");
}
