//! Connections that become another protocol's: an echo of bytes, behind everything that HTTP had.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    routing::get,
};
use hyper_util::rt::TokioIo;
use ticketkit_core::{
    ErrorLayer,
    chassis::{HttpMetrics, Metrics, Shutdown, http},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    DEADLINE,
    server::{Server, rest, until},
};

const UPGRADE: &[u8] =
    b"GET /echo HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nfirst";

/// What became of the echoes.
type Ends = Arc<Mutex<Vec<Result<(), io::ErrorKind>>>>;

/// Gives back what it gets, until its client leaves or, if it obeys, the shutdown.
async fn start(obeys: bool, deadline: Duration) -> (Server, Ends) {
    let (shutdown, ends) = (Shutdown::new(), Ends::default());
    let (until, noted) = (shutdown.clone(), ends.clone());
    let echo = move |mut request: Request| async move {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let stream = TokioIo::new(upgrade.await.unwrap());
            let (mut reads, mut writes) = tokio::io::split(stream);
            let copied = tokio::select! {
                copied = tokio::io::copy(&mut reads, &mut writes) => copied.map(drop),
                () = until.requested(), if obeys => Ok(()),
            };
            noted.lock().unwrap().push(copied.map_err(|error| error.kind()));
        });
        let upgrade = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")];
        (
            StatusCode::SWITCHING_PROTOCOLS,
            HeaderMap::from_iter(upgrade.map(|(name, value)| (name, value.parse().unwrap()))),
        )
    };
    let metrics = HttpMetrics::new(&Metrics::default());
    let routes = Router::new().route("/echo", get(echo));
    let app = routes.layer(http::Stack::new("tickets", ErrorLayer::new("tickets"), &metrics));
    (Server::start(app, shutdown, deadline).await, ends)
}

async fn upgraded(server: &Server) -> TcpStream {
    let mut client = server.send(UPGRADE).await;
    let text = until(&mut client, "first").await;
    assert!(text.starts_with("HTTP/1.1 101") && text.contains("x-request-id"), "{text}");
    client
}

#[tokio::test]
async fn bytes_go_both_ways_also_those_that_look_like_http() {
    let (server, ends) = start(false, DEADLINE).await;
    let mut client = upgraded(&server).await;
    let text = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    client.write_all(text.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(client).await, text);
    server.shutdown.request();
    // It was over before the shutdown: no part of the drain.
    let drained = server.served.await.unwrap();
    assert_eq!((drained.finished, drained.connections), (0, 0), "{drained}");
    assert_eq!(*ends.lock().unwrap(), [Ok(())]);
}

#[tokio::test]
async fn one_that_ends_with_the_shutdown_is_finished() {
    let (server, _) = start(true, DEADLINE).await;
    let client = upgraded(&server).await;
    server.shutdown.request();
    assert_eq!(rest(client).await, "");
    let drained = server.served.await.unwrap();
    assert_eq!((drained.finished, drained.cut), (1, 0), "{drained}");
    assert_eq!((drained.connections, drained.connections_cut), (1, 0), "{drained}");
}

#[tokio::test]
async fn the_drain_waits_for_one_that_its_client_ends() {
    let (server, ends) = start(false, DEADLINE).await;
    let mut client = upgraded(&server).await;
    server.shutdown.request();
    // Nobody listens any more: what is answered from here on is answered within the drain.
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    client.write_all(b"second").await.unwrap();
    until(&mut client, "second").await;
    drop(client);
    let drained = server.served.await.unwrap();
    assert_eq!((drained.finished, drained.cut), (1, 0), "{drained}");
    assert_eq!((drained.connections, drained.connections_cut), (1, 0), "{drained}");
    assert_eq!(ends.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn one_that_does_not_end_is_cut_at_the_deadline_and_told_so() {
    let (server, ends) = start(false, Duration::from_millis(50)).await;
    let client = upgraded(&server).await;
    server.shutdown.request();
    let drained = server.served.await.unwrap();
    assert_eq!((drained.finished, drained.cut), (0, 1), "{drained}");
    assert_eq!((drained.connections, drained.connections_cut), (0, 1), "{drained}");
    assert_eq!(rest(client).await, "");
    super::eventually("the echo ends", || !ends.lock().unwrap().is_empty()).await;
    assert_eq!(*ends.lock().unwrap(), [Err(io::ErrorKind::ConnectionAborted)]);
}

/// Whoever asked for another protocol and did not take it up leaves nothing behind.
#[tokio::test]
async fn an_upgrade_that_nobody_takes_up_ends_the_connection() {
    let app = Router::new().route("/echo", get(|| async { StatusCode::SWITCHING_PROTOCOLS }));
    let server = Server::start(app, Shutdown::new(), DEADLINE).await;
    let mut answer = Vec::new();
    let _ = server.send(UPGRADE).await.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 101"));
    server.shutdown.request();
    assert!(server.served.await.unwrap().is_clean());
}
