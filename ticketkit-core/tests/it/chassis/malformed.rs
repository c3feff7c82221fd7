//! What is no HTTP, or too long to be read: it never is a request, and is answered all the same.

use axum::{Router, http::StatusCode, routing::get};
use ticketkit_core::{ErrorLayer, Problem, chassis::Shutdown};
use tokio::io::AsyncWriteExt;

use super::server::{Server, rest, until};

async fn start(app: Router) -> Server {
    Server::start(app, Shutdown::new(), super::DEADLINE).await
}

fn app() -> Router {
    Router::new().route("/", get(|| async { "fine" })).layer(ErrorLayer::new("tickets"))
}

/// Reads one answer with a document, and checks that nothing follows it.
fn problem(answer: &str) -> Problem {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let mut values = head.lines().filter_map(|line| line.strip_prefix(&format!("{name}: ")));
        let value = values.next().unwrap_or_else(|| panic!("no {name} in {head}"));
        assert_eq!(values.next(), None, "{name} stands twice in {head}");
        value
    };
    let problem = Problem::parse(body.as_bytes()).unwrap();
    assert!(head[9..].starts_with(&problem.status.to_string()), "{head}");
    assert_eq!(header("content-length"), body.len().to_string());
    assert_eq!(header("content-type"), "application/problem+json");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("connection"), "close");
    assert_ne!(header("date"), "");
    let id = format!("urn:uuid:{}", header("x-request-id"));
    assert_eq!(problem.instance.as_deref(), Some(id.as_str()));
    assert_eq!(problem.service.as_deref(), Some("tickets"));
    problem
}

async fn refused(server: &Server, bytes: &[u8]) -> (u16, String) {
    let problem = problem(&rest(server.send(bytes).await).await);
    (problem.status, problem.code.to_string())
}

#[tokio::test]
async fn each_way_to_be_unreadable_has_its_document() {
    let server = start(app()).await;
    let bad = [
        "\u{7f}\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno header\r\n\r\n",
        "GET / HTTP/1.0\r\nno header\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: some\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n",
    ];
    for bytes in bad {
        let expected = (400, "bad_request".to_owned());
        assert_eq!(refused(&server, bytes.as_bytes()).await, expected, "{bytes:?}");
    }
    let address = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(70_000));
    assert_eq!(refused(&server, address.as_bytes()).await, (414, "uri_too_long".to_owned()));
    let headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x-many: 1\r\n".repeat(200));
    assert_eq!(refused(&server, headers.as_bytes()).await, (431, "headers_too_large".to_owned()));
}

/// It still sends when the answer is there: a connection that is reset would fail under it.
#[tokio::test]
async fn a_client_that_goes_on_sending_does_not_lose_the_answer() {
    let server = start(app()).await;
    let mut client = server.send(b"GET / HTTP/1.1\r\nx-long: ").await;
    for _ in 0..8 {
        client.write_all(&[b'a'; 64 * 1024]).await.unwrap();
    }
    client.readable().await.unwrap();
    for _ in 0..20 {
        client.write_all(&[b'a'; 16 * 1024]).await.unwrap();
        tokio::task::yield_now().await;
    }
    client.shutdown().await.unwrap();
    let answer = rest(client).await;
    assert_eq!(problem(&answer).code.as_str(), "headers_too_large");
}

#[tokio::test]
async fn requests_before_it_are_answered_as_ever() {
    let server = start(app()).await;
    let good = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut client = server.send(good.as_bytes()).await;
    until(&mut client, "fine").await;
    client.write_all(b"?\r\n\r\n").await.unwrap();
    assert_eq!(problem(&rest(client).await).status, 400);

    let both = rest(server.send(format!("{good}{good}?\r\n\r\n").as_bytes()).await).await;
    let parts: Vec<_> = both.split_inclusive("fine").collect();
    assert_eq!(parts.len(), 3, "{both}");
    assert_eq!(problem(parts[2]).status, 400);
    let good = "GET /none HTTP/1.1\r\nhost: a\r\n\r\n";
    let both = rest(server.send(format!("{good}?\r\n\r\n").as_bytes()).await).await;
    let at = both.rfind("HTTP/1.1").unwrap();
    assert!(both[..at].contains("\"not_found\""), "{both}");
    assert_eq!(problem(&both[at..]).status, 400);
}

/// What the service says is the service's, however much it looks like what hyper says.
#[tokio::test]
async fn a_bare_answer_of_the_service_is_left_alone() {
    let bare = Router::new().route("/", get(|| async { StatusCode::BAD_REQUEST }));
    let server = start(bare).await;
    let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = rest(server.send(request).await).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_fault_of_the_service() {
    let hints = Router::new().route("/", get(|| async { StatusCode::EARLY_HINTS }));
    let server = start(hints).await;
    let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = rest(server.send(request).await).await;
    let problem = problem(&answer);
    assert_eq!((problem.status, problem.code.as_str()), (500, "internal"));
}
