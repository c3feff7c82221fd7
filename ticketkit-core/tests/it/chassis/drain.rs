//! What a drain lets end, ends, cuts and reports, over real sockets.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body, response::sse, routing::get};
use futures_util::{StreamExt, stream};
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, Metrics, Shutdown, http},
};
use tokio::{
    net::TcpStream,
    sync::{Notify, mpsc},
};

use super::{
    DEADLINE,
    server::{Server, rest, until},
};

#[tokio::test]
async fn an_event_stream_ends_at_once_and_in_order() {
    let events = || async {
        let first = sse::Event::default().data("first");
        let events = stream::iter([Ok::<_, Infallible>(first)]).chain(stream::pending());
        sse::Sse::new(events)
    };
    let app = Router::new().route("/events", get(events));
    let server = Server::start(app, Shutdown::new(), DEADLINE).await;
    let mut client = server.ask("/events").await;
    until(&mut client, "data: first").await;

    let asked = Instant::now();
    server.shutdown.request();
    assert!(rest(client).await.ends_with("0\r\n\r\n"), "the stream has no end");
    let drained = server.served.await.unwrap();
    assert!(asked.elapsed() < DEADLINE, "{:?}", asked.elapsed());
    assert_eq!((drained.streams, drained.finished, drained.cut), (1, 0, 0));
    assert_eq!((drained.connections, drained.connections_cut), (1, 0));
    assert!(drained.is_clean());
}

/// The head of an answer is not its end.
#[tokio::test]
async fn a_body_under_way_is_finished_and_counts_when_it_is() {
    let (sender, receiver) = mpsc::channel::<&'static str>(1);
    let receiver = Arc::new(tokio::sync::Mutex::new(Some(receiver)));
    let long = move || async move {
        let receiver = receiver.lock().await.take().unwrap();
        Body::from_stream(stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|chunk| (Ok::<_, Infallible>(chunk), receiver))
        }))
    };
    let app = Router::new().route("/long", get(long));
    let server = Server::start(app, Shutdown::new(), DEADLINE).await;
    let mut client = server.ask("/long").await;
    sender.send("half").await.unwrap();
    until(&mut client, "half").await;
    server.shutdown.request();
    sender.send("whole").await.unwrap();
    drop(sender);
    assert!(rest(client).await.contains("whole"));
    let drained = server.served.await.unwrap();
    assert_eq!((drained.finished, drained.cut, drained.left), (1, 0, 0));
}

#[tokio::test]
async fn each_request_and_connection_is_accounted_for_once() {
    let entered = Arc::new(AtomicUsize::new(0));
    let release = Arc::new(Notify::new());
    let (seen, gate) = (entered.clone(), release.clone());
    let hang = move || async move {
        let released = gate.notified();
        seen.fetch_add(1, Ordering::SeqCst);
        released.await;
        "done"
    };
    let app = Router::new().route("/hang", get(hang)).route("/", get(|| async { "" }));
    let server = Server::start(app, Shutdown::new(), Duration::from_secs(1)).await;

    // Answered before: no part of the drain. Its connection, being idle, is.
    let mut idle = server.ask("/").await;
    until(&mut idle, "\r\n\r\n").await;
    let leaves = server.ask("/hang").await;
    let finishes = server.ask("/hang").await;
    super::eventually("two hang", || entered.load(Ordering::SeqCst) == 2).await;
    server.shutdown.request();
    assert_eq!(rest(idle).await, "");
    drop(leaves);
    // The handler of a client that left is dropped, so that only one is left to release.
    tokio::time::sleep(Duration::from_millis(50)).await;
    release.notify_waiters();
    assert!(rest(finishes).await.ends_with("done"));
    let drained = server.served.await.unwrap();
    assert_eq!((drained.finished, drained.left, drained.cut), (1, 1, 0), "{drained}");
    assert_eq!((drained.connections, drained.connections_cut), (3, 0), "{drained}");
}

#[tokio::test]
async fn readiness_fails_before_the_listener_closes() {
    let shutdown = Shutdown::new().with_delay(Duration::from_millis(400));
    let (health, metrics) = (Health::default(), Metrics::default());
    health.add("fine", || async { Ok(()) });
    health.drain_with(&shutdown);
    let app = http::operators("tickets", &health, &metrics)
        .merge(Router::new().route("/", get(|| async { "served" })))
        .layer(ErrorLayer::new("tickets"));
    let server = Server::start(app, shutdown, DEADLINE).await;
    let mut client = server.ask("/readyz").await;
    assert!(until(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 200"));

    server.shutdown.request();
    let mut client = server.ask("/readyz").await;
    let answer = until(&mut client, "draining").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after"), "{answer}");
    let mut client = server.ask("/livez").await;
    assert!(until(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    let mut client = server.ask("/").await;
    until(&mut client, "served").await;
    server.served.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
