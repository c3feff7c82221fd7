//! The chassis over real sockets: health, metrics, drain, bodies that nobody reads.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    routing::{get, post},
};
use http::Request;
use ticketkit_core::{
    ErrorLayer,
    chassis::{
        Health, HttpMetrics, Metrics, Shutdown, http as stack,
        serve::{Drained, serve},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use crate::support::{get as fetch, send};

async fn start(app: Router) -> (SocketAddr, Shutdown, JoinHandle<Drained>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let handle = shutdown.clone();
    let errors = ErrorLayer::new("tickets");
    let served = tokio::spawn(async move {
        serve(listener, app, &errors, &handle, Duration::from_millis(300)).await
    });
    (address, shutdown, served)
}

async fn talk(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn readiness_names_the_checks_that_failed_and_nothing_more() {
    let (health, metrics) = (Health::default(), Metrics::default());
    health.add("bus", || async { Ok(()) });
    let app = stack::operators("tickets", &health, &metrics);
    assert_eq!(fetch(&app, "/livez").await.status, 200);
    assert_eq!(fetch(&app, "/readyz").await.status, 200);
    health.add("database", || async { Err("password of replica.internal refused".to_owned()) });
    let answer = fetch(&app, "/readyz").await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str()), (503, "unavailable"));
    assert!(problem.error_of("database").is_some() && problem.error_of("bus").is_none());
    assert!(!answer.text().contains("replica.internal"));
}

#[tokio::test]
async fn metrics_have_the_template_of_the_route_and_never_the_path() {
    let metrics = Metrics::default();
    let routes = Router::new().route("/tickets/{id}", get(|| async { "" }));
    let errors = ErrorLayer::new("tickets");
    let app = routes.layer(stack::Stack::new("tickets", errors, &HttpMetrics::new(&metrics)));
    fetch(&app, "/tickets/somebodys").await;
    fetch(&app, "/elsewhere/somebodys").await;
    send(&app, Request::builder().method("BREW").uri("/tickets/1"), "").await;
    let text = metrics.to_text();
    assert!(text.contains(r#"route="/tickets/{id}",status="200""#), "{text}");
    assert!(text.contains(r#"method="other",route="/tickets/{id}",status="405""#), "{text}");
    assert!(text.contains(r#"route="none",status="404""#), "{text}");
    assert!(!text.contains("somebodys"), "{text}");
}

#[tokio::test]
async fn a_drain_finishes_what_it_can_and_cuts_the_rest() {
    let entered = Arc::new(Notify::new());
    let release = Arc::new(Notify::new());
    let (waiting, gate) = (entered.clone(), release.clone());
    let hang = move || async move {
        waiting.notify_one();
        gate.notified().await;
        "done"
    };
    let stuck = entered.clone();
    let app = Router::new().route("/hang", get(hang)).route(
        "/stuck",
        get(|| async move {
            stuck.notify_one();
            std::future::pending::<()>().await;
        }),
    );
    let (address, shutdown, served) = start(app).await;
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").into_bytes();
    let hang = request("/hang");
    let slow = tokio::spawn(async move { talk(address, &hang).await });
    entered.notified().await;
    let mut cut = TcpStream::connect(address).await.unwrap();
    cut.write_all(&request("/stuck")).await.unwrap();
    entered.notified().await;

    shutdown.request();
    release.notify_one();
    assert!(slow.await.unwrap().ends_with("done"));
    let drained = served.await.unwrap();
    assert_eq!((drained.finished, drained.cut, drained.left), (1, 1, 0));
    assert_eq!((drained.connections, drained.connections_cut), (1, 1));
    assert!(!drained.is_clean());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_not_lost() {
    let app =
        Router::new().route("/", post(|| async { "unread" })).layer(ErrorLayer::new("tickets"));
    let (address, shutdown, served) = start(app).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let size = 700_000;
    let head = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {size}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // The client goes on sending long after the answer was made.
    for _ in 0..7 {
        stream.write_all(&vec![b'x'; size / 7]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = vec![0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200 OK");
    drop(stream);
    shutdown.request();
    served.await.unwrap();
}

#[tokio::test]
async fn a_client_that_waits_for_the_go_ahead_gets_the_answer_instead() {
    let app = Router::new().route("/", post(|| async { "unread" }));
    let (address, _shutdown, _served) = start(app).await;
    let request =
        b"POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = vec![0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200 OK", "after {:?}", started.elapsed());
}
