//! The client against a server that says what it is told to.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use super::{Request, exchange, raw};
use crate::http::Content;

const PATIENCE: Duration = Duration::from_secs(10);

/// Answers the first connection with these bytes as soon as the head of a request has come, and
/// closes.
fn server(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    thread::spawn(move || -> io::Result<()> {
        let (mut socket, _) = listener.accept()?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            socket.read_exact(&mut byte)?;
            head.extend(byte);
        }
        socket.write_all(answer)
    });
    addr
}

#[test]
fn reads_every_framing() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi, and more"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhi",
    ] {
        let answer = exchange(server(answer), &Request::get("/"), PATIENCE).expect("an answer");
        assert_eq!((answer.status(), answer.text().as_str()), (200, "hi"));
    }
}

#[test]
fn an_answer_that_is_cut_off_is_none() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhi",
    ] {
        exchange(server(answer), &Request::get("/"), PATIENCE).expect_err("half an answer");
    }
}

#[test]
fn notices_that_the_body_was_asked_for() {
    let asked = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n";
    for (answer, continued) in [(&asked[..], true), (&asked[25..], false)] {
        let request = Request::post("/").content(Content::Announced(9));
        let answer = exchange(server(answer), &request, PATIENCE).expect("an answer");
        assert_eq!((answer.status(), answer.head.continued), (401, continued));
    }
}

#[test]
fn hears_an_answer_that_comes_before_the_body_is_sent() {
    let answer = b"HTTP/1.1 413 Large\r\ncontent-length: 0\r\n\r\n";
    let request = Request::post("/").content(Content::Sized(vec![b'x'; 200_000]));
    let answer = exchange(server(answer), &request, PATIENCE).expect("an answer");
    assert_eq!(answer.status(), 413);
}

#[test]
fn raw_bytes_come_back_raw() {
    let answer = raw(server(b"noise"), b"abc\r\n\r\n", PATIENCE).expect("an end");
    assert_eq!(answer, b"noise");
}
