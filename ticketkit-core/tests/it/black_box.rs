//! Hostile and odd requests over a real socket: each has one answer of the contract.

use std::net::SocketAddr;

use axum::{
    Router,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use ticketkit_core::{
    ErrorLayer, Problem,
    axum::{BODY_LIMIT, Form, Json, MaybeJson, Path, Query},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Ticket {
    title: String,
    price: i64,
    ratio: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Search {
    limit: Option<u32>,
    text: Option<String>,
}

async fn start() -> SocketAddr {
    let app = Router::new()
        .route("/json", post(|Json(ticket): Json<Ticket>| async { Json(ticket) }))
        .route("/maybe", post(|MaybeJson(ticket): MaybeJson<Ticket>| async { Json(ticket) }))
        .route("/form", post(|Form(search): Form<Search>| async { Json(search) }))
        .route("/query", get(|Query(search): Query<Search>| async { Json(search) }))
        .route("/tickets/{id}", get(|Path(id): Path<u64>| async move { Json(id) }))
        .layer(ErrorLayer::new("tickets"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn parse(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// The code of a problem, or nothing for a success.
    fn code(&self) -> String {
        if self.status < 400 {
            return String::new();
        }
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        Problem::parse(self.body.as_bytes()).unwrap().code.to_string()
    }
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    Answer::parse(answer)
}

async fn get_path(address: SocketAddr, path: &str) -> Answer {
    let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    exchange(address, head.as_bytes()).await
}

fn head(path: &str, more: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{more}\r\n").into_bytes()
}

async fn post_as(address: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Answer {
    let more = format!("{kind}content-length: {}\r\n", body.len());
    let mut request = head(path, &more);
    request.extend_from_slice(body);
    exchange(address, &request).await
}

const JSON: &str = "content-type: application/json\r\n";

#[tokio::test]
async fn odd_json_has_one_answer() {
    let address = start().await;
    let huge = format!(r#"{{"other": {}, "price": 1}}"#, "9".repeat(5000));
    let deep = format!(r#"{{"other": {}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    for (body, status, code) in [
        (&b"{}"[..], 200, ""),
        (b" \r\n\t{} \n", 200, ""),
        // Nothing, or what is no JSON.
        (b"", 400, "malformed_json"),
        (b"  ", 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", 400, "malformed_json"),
        (b"{}{}", 400, "malformed_json"),
        (b"{\"price\": 01}", 400, "malformed_json"),
        (b"{\"price\": +1}", 400, "malformed_json"),
        (b"{\"ratio\": NaN}", 400, "malformed_json"),
        (b"{'title': 'a'}", 400, "malformed_json"),
        (b"{\"title\": \"\xff\"}", 400, "malformed_json"),
        (b"{\"title\": \"a\nb\"}", 400, "malformed_json"),
        (b"{\"title\": \"a\",}", 400, "malformed_json"),
        // Members twice: refused where they are read, ignored where they are not.
        (br#"{"price": 1, "price": 2}"#, 400, "malformed_body"),
        (br#"{"other": 1, "other": 2}"#, 200, ""),
        // Half of a character.
        (br#"{"title": "\ud800"}"#, 400, "malformed_body"),
        (br#"{"title": "\ud83d\ude00"}"#, 200, ""),
        (br#"{"other": "\ud800"}"#, 200, ""),
        // Numbers beyond all types: refused where they are read.
        (br#"{"price": 9223372036854775808}"#, 400, "malformed_body"),
        (br#"{"price": 1e3}"#, 400, "malformed_body"),
        (br#"{"ratio": 1e400}"#, 400, "malformed_body"),
        (br#"{"other": 1e400}"#, 200, ""),
        (huge.as_bytes(), 200, ""),
        (deep.as_bytes(), 200, ""),
        (b"null", 400, "malformed_body"),
        (b"[\"a\", 1, 1.5]", 400, "malformed_body"),
    ] {
        let answer = post_as(address, "/json", JSON, body).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{shown}");
    }
}

#[tokio::test]
async fn the_content_type_is_read_without_its_parameters_and_stands_there_once() {
    let address = start().await;
    for (kind, status) in [
        ("content-type: application/json; charset=utf-8\r\n", 200),
        ("content-type: application/json;\r\n", 200),
        ("content-type:  APPLICATION/JSON ; a=\"b;c\"\r\n", 200),
        ("content-type: application/merge-patch+json\r\n", 200),
        ("content-type: application/json, text/plain\r\n", 415),
        ("content-type: text/json\r\n", 415),
        ("content-type: application/jsonp\r\n", 415),
        ("content-type: ;application/json\r\n", 415),
        ("content-type: application/json\r\ncontent-type: application/json\r\n", 415),
        ("content-type:\r\n", 415),
        ("", 415),
    ] {
        let answer = post_as(address, "/json", kind, b"{}").await;
        assert_eq!(answer.status, status, "{kind:?}");
        let expected = if status == 200 { "" } else { "unsupported_media_type" };
        assert_eq!(answer.code(), expected, "{kind:?}");
    }
    // No body and no type is nothing at all only where a body may be left out.
    assert_eq!(post_as(address, "/maybe", "", b"").await.status, 200);
    assert_eq!(post_as(address, "/maybe", JSON, b"").await.code(), "malformed_json");
}

#[tokio::test]
async fn a_query_has_one_form_for_each_value() {
    let address = start().await;
    for (query, status) in [
        ("", 200),
        ("?", 200),
        ("?limit=5", 200),
        ("?limit=%35", 200),
        ("?other=%ff&%ff=%zz&=&&limit=5", 200),
        ("?text=%", 200),
        ("?limit=", 422),
        ("?limit=+5", 422),
        ("?limit=%2B5", 422),
        ("?limit=%205", 422),
        ("?limit=-1", 422),
        ("?limit=5.0", 422),
        ("?limit=5e0", 422),
        ("?limit=%ff", 422),
        ("?limit=5&limit=5", 422),
        ("?limit=4294967296", 422),
        ("?limit=%D9%A5", 422),
        ("?text=%ff", 422),
    ] {
        let answer = get_path(address, &format!("/query{query}")).await;
        assert_eq!(answer.status, status, "{query}");
        if status != 200 {
            let problem = Problem::parse(answer.body.as_bytes()).unwrap();
            assert_eq!(problem.code.as_str(), "validation_failed", "{query}");
            let field = if query.starts_with("?text") { "text" } else { "limit" };
            assert!(problem.error_of(field).is_some(), "{query}");
        }
    }
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let all = post_as(address, "/form", form, b"limit=x&text=%ff").await;
    assert_eq!(Problem::parse(all.body.as_bytes()).unwrap().errors.len(), 2);
    assert_eq!(post_as(address, "/form", form, b"").await.status, 200);
}

#[tokio::test]
async fn a_path_that_is_no_id_leads_nowhere() {
    let address = start().await;
    assert_eq!(get_path(address, "/tickets/%37").await.body, "7");
    for id in ["x", "-1", "%ff", "%", "%zz", "1.5", "18446744073709551616", "7%2F8", "%00", "7/"] {
        let answer = get_path(address, &format!("/tickets/{id}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{id}");
    }
}

#[tokio::test]
async fn a_body_in_chunks_is_a_body() {
    let address = start().await;
    let chunked = format!("{JSON}transfer-encoding: chunked\r\n");
    let with = |chunks: &[u8]| [&head("/json", &chunked)[..], chunks].concat();
    let answer =
        exchange(address, &with(b"2\r\n{\"\r\n8\r\nprice\":7\r\n1\r\n}\r\n0\r\n\r\n")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("\"price\":7"), "{}", answer.body);
    assert_eq!(exchange(address, &with(b"0\r\n\r\n")).await.code(), "malformed_json");
    assert_eq!(exchange(address, &with(b"2\r\n{}\r\nzz\r\n")).await.code(), "incomplete_body");
    let long = format!("{:x}\r\n{}\r\n0\r\n\r\n", BODY_LIMIT + 1, " ".repeat(BODY_LIMIT + 1));
    assert_eq!(exchange(address, &with(long.as_bytes())).await.code(), "payload_too_large");
}

#[tokio::test]
async fn a_client_that_asks_first_sends_a_body_only_if_it_is_wanted() {
    let address = start().await;
    let asking = |kind: &str, length: usize| {
        head("/json", &format!("{kind}expect: 100-continue\r\ncontent-length: {length}\r\n"))
    };
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&asking(JSON, 2)).await.unwrap();
    let mut ahead = [0; 25];
    stream.read_exact(&mut ahead).await.unwrap();
    assert_eq!(&ahead, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(Answer::parse(answer).status, 200);

    // The refusal comes in place of the go-ahead.
    let refused = exchange(address, &asking("", 2)).await;
    assert_eq!(refused.code(), "unsupported_media_type");
    let refused = exchange(address, &asking(JSON, BODY_LIMIT + 1)).await;
    assert_eq!(refused.code(), "payload_too_large");
}
