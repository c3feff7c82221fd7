//! An HTTP client as lean as pgbench is for SQL: the cores are shared with what is measured, so that
//! every microsecond of the driver counts against it.
//!
//! Requests are written before the measuring begins, and of an answer only what is asked for is read.

use std::time::{Duration, Instant};

use serde_json::Value;
use ticketing_load::Session;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::Result;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request, as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// A `GET` with the session's cookies.
    pub(crate) fn get(session: &Session, path: &str) -> Self {
        Self::new("GET", session, path, "")
    }

    /// A `POST` of a document with the session's cookies.
    pub(crate) fn post(session: &Session, path: &str, document: &Value) -> Self {
        Self::new("POST", session, path, &document.to_string())
    }

    fn new(method: &str, session: &Session, path: &str, body: &str) -> Self {
        let (cookies, length) = (session.cookies(), body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookies}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            host = session.authority(),
        );
        Self(request.into_bytes())
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// From the first byte sent to the last received.
    pub(crate) took: Duration,
    body: Vec<u8>,
}

impl Reply {
    /// Reads the document; null if there is none.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A connection that is kept, with one request at a time on it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects to where the session's requests go.
    pub(crate) async fn open(session: &Session) -> Result<Self> {
        let stream = TcpStream::connect(session.authority()).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4 << 10) })
    }

    /// Sends a request and awaits the answer.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Reply> {
        timeout(PATIENCE, self.exchange(request)).await?
    }

    async fn exchange(&mut self, request: &Request) -> Result<Reply> {
        let began = Instant::now();
        self.stream.write_all(&request.0).await?;
        self.read.clear();
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err("the connection was closed".into());
            }
            if let Some((status, body)) = whole(&self.read)? {
                return Ok(Reply { status, took: began.elapsed(), body: body.to_vec() });
            }
        }
    }
}

/// Returns the status and the body of an answer, once all of it is there.
fn whole(read: &[u8]) -> Result<Option<(u16, &[u8])>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(read)? else { return Ok(None) };
    let mut lengths =
        response.headers.iter().filter(|it| it.name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().ok_or("an answer without a length")?.value;
    let length: usize = std::str::from_utf8(length)?.parse()?;
    let status = response.code.ok_or("an answer without a status")?;
    Ok(read.get(head..head + length).map(|body| (status, body)))
}
