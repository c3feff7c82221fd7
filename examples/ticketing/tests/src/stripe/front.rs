//! What stands before localstripe.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{LocalStripe, PATIENCE};
use crate::http::{Content, Request, exchange};

/// A server that passes everything on to localstripe.
#[derive(Debug, Clone)]
pub struct Front {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Answers by idempotency key.
    answers: HashMap<String, (u16, Vec<u8>)>,
    calls: Vec<String>,
    lost: Option<Loss>,
}

#[derive(Debug)]
struct Loss {
    path: String,
    /// Whether the request is passed on before its answer is lost.
    arrives: bool,
}

/// One request, as far as it matters here.
struct Call {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Front {
    /// Listens on a free port, until the process ends.
    #[track_caller]
    #[must_use]
    pub fn before(stripe: &LocalStripe) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let front = Self { addr, state: Arc::default() };
        let (peer, served) = (stripe.addr, front.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let front = served.clone();
                // An error is that of one connection: whoever asked will say so.
                thread::spawn(move || front.serve(peer, stream).ok());
            }
        });
        front
    }

    /// The address of the API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Loses the answer to the next call of a path that ends so; `arrives` tells whether the call
    /// gets there.
    pub fn lose(&self, path: &str, arrives: bool) {
        self.state().lost = Some(Loss { path: path.to_owned(), arrives });
    }

    /// The calls that were passed on, such as `POST /v1/refunds`.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    fn serve(&self, peer: SocketAddr, stream: TcpStream) -> io::Result<()> {
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        while let Some(call) = Call::read(&mut reader)? {
            let path = call.target.split('?').next().unwrap_or_default().to_owned();
            let loss = {
                let mut state = self.state();
                let matches = state.lost.as_ref().is_some_and(|loss| path.ends_with(&loss.path));
                if matches { state.lost.take() } else { None }
            };
            if loss.as_ref().is_some_and(|loss| !loss.arrives) {
                return Ok(());
            }
            let (status, body) = self.answer(peer, &call, &path)?;
            if loss.is_some() {
                return Ok(());
            }
            let length = body.len();
            write!(writer, "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n")?;
            write!(writer, "content-length: {length}\r\n\r\n")?;
            writer.write_all(&body)?;
        }
        Ok(())
    }

    fn answer(&self, peer: SocketAddr, call: &Call, path: &str) -> io::Result<(u16, Vec<u8>)> {
        let key = call.header("idempotency-key");
        if let Some(answer) = key.and_then(|key| self.state().answers.get(key).cloned()) {
            return Ok(answer);
        }
        self.state().calls.push(format!("{} {path}", call.method));
        let mut request = Request::new(&call.method, &call.target);
        for (name, value) in &call.headers {
            if !["host", "content-length", "connection"].contains(&name.as_str()) {
                request = request.header(name, value);
            }
        }
        let request = request.content(Content::Sized(call.body.clone()));
        let response = exchange(peer, &request, PATIENCE)?;
        let answer = (response.status(), response.body);
        if let Some(key) = key {
            self.state().answers.insert(key.to_owned(), answer.clone());
        }
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// Reads a request; nothing at the end of the connection.
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut call = Self { method, target, headers, body: Vec::new() };
        let length = call.header("content-length").and_then(|length| length.parse().ok());
        call.body.resize(length.unwrap_or(0), 0);
        reader.read_exact(&mut call.body)?;
        Ok(Some(call))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}
