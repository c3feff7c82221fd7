//! A client with a cookie jar that judges every answer.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;

use crate::contract::faults;
use crate::http::{self, EventStream, Request, Response};

/// How long a client waits for a byte. An answer to anything takes milliseconds; a machine under
/// load takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// The address of a server, which changes when it is started again, and what must never be seen.
#[derive(Debug)]
pub struct Site {
    addr: RwLock<SocketAddr>,
    canaries: Vec<String>,
    titles: Mutex<BTreeMap<String, Value>>,
    outage: AtomicBool,
}

impl Site {
    pub(crate) fn new(addr: SocketAddr, canaries: Vec<String>) -> Self {
        Self {
            addr: RwLock::new(addr),
            canaries,
            titles: Mutex::default(),
            outage: AtomicBool::new(false),
        }
    }

    /// Where the server listens now.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        *self.addr.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn moved_to(&self, addr: SocketAddr) {
        *self.addr.write().unwrap_or_else(PoisonError::into_inner) = addr;
    }

    /// Says whether the test has brought an outage about: then a 5xx is an answer like others.
    pub(crate) fn outage(&self, is: bool) {
        self.outage.store(is, Ordering::Relaxed);
    }

    /// Holds an answer against the contract.
    #[track_caller]
    fn judge(&self, request: &Request, response: &Response) {
        let mut faults = faults(request, response, &self.canaries);
        if matches!(response.status(), 500 | 502 | 504) && !self.outage.load(Ordering::Relaxed) {
            faults.push(format!("a test provoked {}", response.status()));
        }
        if let Ok(Value::Object(problem)) = serde_json::from_slice(&response.body)
            && let (Some(code), Some(title)) = (problem.get("code"), problem.get("title"))
            && response.status() >= 400
        {
            let key = format!("{} of {}", code, problem.get("service").unwrap_or(&Value::Null));
            let mut titles = self.titles.lock().unwrap_or_else(PoisonError::into_inner);
            let first = titles.entry(key.clone()).or_insert_with(|| title.clone());
            if first != title {
                faults.push(format!("{key} has two titles, {first} and {title}"));
            }
        }
        assert!(faults.is_empty(), "against the contract: {faults:#?}\n{response:?}");
    }
}

/// A browser without a screen: keeps cookies, one connection a request.
#[derive(Debug)]
pub struct Client {
    site: Arc<Site>,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Client {
    /// A client without a cookie.
    #[must_use]
    pub fn new(site: &Arc<Site>) -> Self {
        Self { site: Arc::clone(site), cookies: Mutex::default() }
    }

    /// Another client with the same cookies, as a second tab or a thief has them.
    #[must_use]
    pub fn twin(&self) -> Self {
        let twin = Self::new(&self.site);
        *twin.jar() = self.jar().clone();
        twin
    }

    /// The server that it talks to.
    #[must_use]
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Sends a request with the cookies of the jar, unless it brings its own.
    ///
    /// # Errors
    ///
    /// The server is away.
    #[track_caller]
    pub fn try_send(&self, request: Request) -> io::Result<Response> {
        let request = self.with_cookies(request);
        let response = http::exchange(self.site.addr(), &request, PATIENCE)?;
        self.site.judge(&request, &response);
        self.keep(&response);
        Ok(response)
    }

    /// As [`try_send`](Self::try_send), where the server has to be there.
    #[track_caller]
    pub fn send(&self, request: Request) -> Response {
        let question = format!("{} {}", request.method, request.target);
        self.try_send(request).unwrap_or_else(|error| panic!("{question}: no answer: {error}"))
    }

    /// `GET`.
    #[track_caller]
    pub fn get(&self, target: impl Into<String>) -> Response {
        self.send(Request::get(target))
    }

    /// `POST` of a JSON document.
    #[track_caller]
    pub fn post(&self, target: impl Into<String>, document: &Value) -> Response {
        self.send(Request::post(target).json(document))
    }

    /// `PUT` of a JSON document.
    #[track_caller]
    pub fn put(&self, target: impl Into<String>, document: &Value) -> Response {
        self.send(Request::put(target).json(document))
    }

    /// `DELETE`.
    #[track_caller]
    pub fn delete(&self, target: impl Into<String>) -> Response {
        self.send(Request::delete(target))
    }

    /// Opens a stream of events.
    #[track_caller]
    pub fn events(&self, target: &str) -> EventStream {
        let request = self.with_cookies(Request::get(target)).header("accept", "text/event-stream");
        let (head, body) = http::open(self.site.addr(), &request, PATIENCE)
            .unwrap_or_else(|error| panic!("{target}: no stream: {error}"));
        EventStream::new(head, body)
    }

    /// Sends a request and hangs up after `pause`, whatever the server makes of it.
    pub fn hang_up(&self, request: Request, pause: Duration) {
        // An error is no other outcome: the caller has gone either way.
        http::hang_up(self.site.addr(), &self.with_cookies(request), pause).ok();
    }

    /// The value of a cookie in the jar.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().get(name).cloned()
    }

    /// Puts a cookie into the jar.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar().insert(name.to_owned(), value.to_owned());
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_cookies(&self, request: Request) -> Request {
        let jar = self.jar();
        if jar.is_empty() || request.has("cookie") {
            return request;
        }
        let pairs: Vec<String> =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("cookie", pairs.join("; "))
    }

    fn keep(&self, response: &Response) {
        for cookie in response.head.all("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let ended = cookie.split(';').any(|part| part.trim().eq_ignore_ascii_case("max-age=0"));
            if ended || value.is_empty() {
                self.jar().remove(name.trim());
            } else {
                self.jar().insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }
}
