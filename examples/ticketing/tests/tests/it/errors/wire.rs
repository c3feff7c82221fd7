//! Bytes that are hardly HTTP: the server refuses or hangs up, and serves the next one.

use std::time::Duration;

use ticketing_tests::Person;
use ticketing_tests::http::raw;
use ticketing_tests::person::ACCESS;

use super::matrix::Matrix;
use crate::shared::shared;

/// A server that says nothing for so long waits for more.
const QUIET: Duration = Duration::from_secs(1);

#[test]
fn broken_requests_break_nothing() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "raw");
    let addr = person.client.site().addr();
    let cookie = format!("cookie: {ACCESS}={}", person.token());
    let post = format!("POST /api/tickets HTTP/1.1\r\nhost: x\r\n{cookie}\r\n");
    let json = format!("{post}content-type: application/json\r\n");
    let large = "a".repeat(1_000_000);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("noise", (0..=255).cycle().take(5_000).collect()),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("half a head", b"GET /api/tickets HTTP/1.1\r\nhost:".to_vec()),
        ("HTTP/0.9", b"GET /\r\n".to_vec()),
        ("HTTP/9.9", b"GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_vec()),
        ("no host", b"GET /api/tickets HTTP/1.1\r\nconnection: close\r\n\r\n".to_vec()),
        ("a full URL", b"GET http://evil.example/api/tickets HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a star", b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec()),
        ("a tunnel", b"CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("bytes in the target", b"GET /api/\xff\x01 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a large target", format!("GET /{large} HTTP/1.1\r\nhost: x\r\n\r\n").into()),
        ("a large header", format!("GET / HTTP/1.1\r\nhost: x\r\na: {large}\r\n\r\n").into()),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(10_000)).into(),
        ),
        ("a cookie of bytes", b"GET /api/orders HTTP/1.1\r\nhost: x\r\ncookie: ticketkit=\xff\xfe\r\nconnection: close\r\n\r\n".to_vec()),
        ("a length of noise", format!("{json}content-length: many\r\n\r\n{{}}").into()),
        ("a negative length", format!("{json}content-length: -1\r\n\r\n{{}}").into()),
        ("two lengths", format!("{json}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}").into()),
        (
            "length and chunks",
            format!("{json}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n").into(),
        ),
        ("bad chunks", format!("{json}transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n").into()),
        ("chunks cut off", format!("{json}transfer-encoding: chunked\r\n\r\nff\r\n{{\"").into()),
        ("a body cut off", format!("{json}content-length: 100\r\n\r\n{{\"title\":").into()),
        ("a large chunk size", format!("{json}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n").into()),
        ("an unknown coding", format!("{json}transfer-encoding: gzip\r\n\r\n").into()),
        ("two requests in one", format!("{json}content-length: 1\r\n\r\n{{GET /api/orders HTTP/1.1\r\n\r\n").into()),
    ];
    let mut matrix = Matrix::default();
    for (name, bytes) in cases {
        matrix.case(name, || {
            let answer = raw(addr, &bytes, QUIET).expect("an answer or the end");
            let text = String::from_utf8_lossy(&answer);
            if let Some(status) = text.strip_prefix("HTTP/1.1 ") {
                assert!(!status.starts_with('5'), "{text}");
                assert!(!text.contains("201 Created"), "{text}");
            } else {
                assert!(text.is_empty() || text.starts_with("HTTP/1.0 "), "{text}");
            }
            person.get("/api/tickets/mine").expect(200);
        });
    }
    matrix.finish();
    let mine = person.get("/api/tickets/mine").expect(200).json();
    assert_eq!(mine["items"], serde_json::json!([]), "nothing was created on the way");
}

/// What is left unread of a refused body is never taken for the next request.
#[test]
fn the_body_of_a_refused_request_is_no_request() {
    let shared = shared();
    let addr = shared.server.client().site().addr();
    let inner = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20);
    let refused = ["POST /api/tickets", "PATCH /api/tickets", "POST /nothing", "GET /api/orders"];
    let mut matrix = Matrix::default();
    for line in refused {
        for kind in ["application/json", "text/plain"] {
            matrix.case(format!("{line} {kind}"), || {
                let length = inner.len();
                let head = format!(
                    "{line} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n\
                     content-length: {length}\r\n\r\n"
                );
                let bytes = [head.as_bytes(), inner.as_bytes()].concat();
                let answer = raw(addr, &bytes, QUIET).expect("an answer");
                let text = String::from_utf8_lossy(&answer);
                assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
                assert!(text.starts_with("HTTP/1.1 4"), "{text}");
            });
        }
    }
    matrix.finish();
}
