//! One address for all services, as the project has in one process.
//!
//! A request goes to the process of its path. While that is restarted, the request waits: whoever
//! asks sees the old code or the new, and never a refused connection.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{PATIENCE, head::Head};
use crate::readiness::{self, Answer};

/// How long a client may take to say what it wants.
const IDLE: Duration = Duration::from_secs(30);

/// Before a process that does not take a connection is asked again.
const PAUSE: Duration = Duration::from_millis(10);

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// It will be.
    Starting,
    /// At a host and port.
    At(String),
    /// It ended by itself.
    Ended,
}

/// A service, and the paths below which it answers.
#[derive(Debug, Clone)]
struct Route {
    service: String,
    prefixes: Vec<String>,
    place: Place,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Gateway {
    /// What was asked for; its port may be 0.
    pub(super) asked: SocketAddr,
    address: SocketAddr,
    table: Arc<Table>,
}

#[derive(Debug, Default)]
struct Table {
    routes: Mutex<Vec<Route>>,
    changed: Condvar,
    is_closed: AtomicBool,
}

impl Gateway {
    pub(super) fn open(asked: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(asked)?;
        let address = listener.local_addr()?;
        let table = Arc::<Table>::default();
        let its = Arc::clone(&table);
        thread::spawn(move || {
            for client in listener.incoming() {
                if its.is_closed.load(Ordering::Acquire) {
                    return;
                }
                let Ok(client) = client else { continue };
                let table = Arc::clone(&its);
                // A connection that breaks concerns its two ends alone.
                thread::spawn(move || drop(serve(client, &table)));
            }
        });
        Ok(Self { asked, address, table })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says which services there are. What belongs to none goes to the first.
    pub(super) fn arrange(&self, services: &[String]) {
        let mut routes = self.table.routes();
        let mut before = std::mem::take(&mut *routes);
        routes.extend(services.iter().map(|service| {
            match before.iter().position(|route| route.service == *service) {
                Some(at) => before.swap_remove(at),
                None => Route {
                    service: service.clone(),
                    prefixes: prefixes(service),
                    place: Place::Starting,
                },
            }
        }));
        self.table.changed.notify_all();
    }

    /// Says where a service is.
    pub(super) fn point(&self, service: &str, place: Place) {
        if let Some(route) = self.table.routes().iter_mut().find(|one| one.service == service) {
            route.place = place;
        }
        self.table.changed.notify_all();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.table.is_closed.store(true, Ordering::Release);
        // So that it looks; if nothing takes the connection, nothing listens.
        drop(TcpStream::connect(self.address));
    }
}

/// As the generated `services.rs` has them.
fn prefixes(service: &str) -> Vec<String> {
    match service {
        "auth" => vec!["/api/users".to_owned(), "/.well-known".to_owned()],
        name => vec![format!("/api/{name}")],
    }
}

impl Table {
    fn routes(&self) -> MutexGuard<'_, Vec<Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects to the service of a path, when it is there; or says why not.
    fn connect(&self, path: &str) -> Result<TcpStream, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut routes = self.routes();
        loop {
            let route = find(&routes, path).ok_or("no service runs")?;
            let (service, place) = (route.service.clone(), route.place.clone());
            let left = deadline.saturating_duration_since(Instant::now());
            let pause = match place {
                Place::At(place) => {
                    drop(routes);
                    match TcpStream::connect(&place) {
                        Ok(stream) => return Ok(stream),
                        // It ends just now, and that will be known soon.
                        Err(_) => routes = self.routes(),
                    }
                    left.min(PAUSE)
                }
                Place::Starting => left,
                Place::Ended => return Err(format!("{service} ended by itself; the log says why")),
            };
            if left.is_zero() {
                return Err(format!("{service} did not start within {} s", PATIENCE.as_secs()));
            }
            let waited = self.changed.wait_timeout(routes, pause);
            routes = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether all are ready, and what those say that are not.
    fn readiness(&self) -> Answer {
        let routes = self.routes().clone();
        let is_not = routes.iter().filter_map(|Route { service, place, .. }| {
            let Place::At(place) = place else {
                return Some(format!("{service}: it does not run"));
            };
            match readiness::ask(place) {
                Ok(Answer { status: 200, .. }) => None,
                Ok(Answer { text, .. }) => Some(format!("{service}: {text}")),
                Err(error) => Some(format!("{service}: {error}")),
            }
        });
        let is_not: Vec<_> = is_not.collect();
        match is_not.is_empty() {
            true => Answer { status: 200, text: "ready".to_owned() },
            false => Answer { status: 503, text: is_not.join("\n") },
        }
    }
}

fn find<'a>(routes: &'a [Route], path: &str) -> Option<&'a Route> {
    let below = |prefix: &String| {
        path.strip_prefix(prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let own = routes.iter().find(|route| route.prefixes.iter().any(below));
    own.or_else(|| routes.first())
}

fn serve(mut client: TcpStream, table: &Table) -> io::Result<()> {
    client.set_read_timeout(Some(IDLE))?;
    let Some(head) = Head::read(&mut client)? else { return Ok(()) };
    client.set_read_timeout(None)?;
    let path = head.path();
    if path == "/readyz" {
        let Answer { status, text } = table.readiness();
        return answer(&mut client, status, "text/plain; charset=utf-8", &text);
    }
    let mut service = match begin(table, &head, &path) {
        Ok(service) => service,
        Err(why) => {
            let problem = json!({
                "type": "about:blank", "title": "The service does not run", "status": 503,
                "code": "service_unavailable", "service": "dev", "errors": [{ "message": why }],
            });
            return answer(&mut client, 503, "application/problem+json", &problem.to_string());
        }
    };
    let (mut from, mut to) = (client.try_clone()?, service.try_clone()?);
    thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        // Who is gone wants no answer.
        drop(to.shutdown(Shutdown::Write));
    });
    let answered = io::copy(&mut service, &mut client);
    // However it went: the thread above holds both ends open as long as the client waits.
    drop(client.shutdown(Shutdown::Write));
    drop(service.shutdown(Shutdown::Both));
    answered.map(drop)
}

/// Connects to the service of a path and sends it the request, as far as it is here.
///
/// What only reads and gets no byte of an answer is asked once more: the process ended in between.
fn begin(table: &Table, head: &Head, path: &str) -> Result<TcpStream, String> {
    let request = head.with_close();
    let mut service = table.connect(path)?;
    let sent = service.write_all(&request);
    if !head.only_reads() || (sent.is_ok() && service.peek(&mut [0]).is_ok_and(|count| count > 0)) {
        return Ok(service);
    }
    let mut service = table.connect(path)?;
    service.write_all(&request).map_err(|error| format!("the service does not listen: {error}"))?;
    Ok(service)
}

fn answer(client: &mut TcpStream, status: u16, kind: &str, text: &str) -> io::Result<()> {
    let phrase = if status == 200 { "OK" } else { "Service Unavailable" };
    let length = text.len();
    write!(
        client,
        "HTTP/1.1 {status} {phrase}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{text}"
    )?;
    client.shutdown(Shutdown::Write)?;
    // What a client still sends, so that the answer is not lost with it.
    client.set_read_timeout(Some(PAUSE))?;
    drop(io::copy(&mut client.take(1024 * 1024), &mut io::sink()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service that answers with its name and what it was asked.
    fn service(name: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                let head = Head::read(&mut client).unwrap().unwrap();
                let asked = String::from_utf8(head.with_close()).unwrap();
                let _ = write!(client, "HTTP/1.1 200 OK\r\n\r\n{name} {asked}");
            }
        });
        address
    }

    fn ask(gateway: &Gateway, path: &str) -> String {
        let mut stream = TcpStream::connect(gateway.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn gateway() -> Gateway {
        let gateway = Gateway::open("127.0.0.1:0".parse().unwrap()).unwrap();
        gateway.arrange(&["auth", "tickets"].map(str::to_owned));
        gateway
    }

    #[test]
    fn a_request_goes_to_the_service_of_its_path() {
        let gateway = gateway();
        for name in ["auth", "tickets"] {
            gateway.point(name, Place::At(service(name)));
        }
        for (path, owner) in [
            ("/api/tickets?x=/api/users", "tickets"),
            ("/api/tickets/1", "tickets"),
            ("/api/ticketsX", "auth"),
            ("/.well-known/jwks.json", "auth"),
            ("/openapi.json", "auth"),
        ] {
            let answer = ask(&gateway, path);
            assert!(answer.starts_with(&format!("{owner} GET {path} HTTP/1.1")), "{answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        }
    }

    #[test]
    fn a_request_waits_for_a_service_that_starts_and_not_for_one_that_ended() {
        let gateway = gateway();
        assert!(ask(&gateway, "/readyz").contains("tickets: it does not run"));
        thread::scope(|scope| {
            let waits = scope.spawn(|| ask(&gateway, "/api/tickets"));
            thread::sleep(Duration::from_millis(50));
            assert!(!waits.is_finished());
            gateway.point("tickets", Place::At(service("tickets")));
            assert!(waits.join().unwrap().starts_with("tickets GET"));
        });
        gateway.point("tickets", Place::Ended);
        let answer = ask(&gateway, "/api/tickets");
        assert!(answer.contains("tickets ended by itself"), "{answer}");
    }

    #[test]
    fn a_service_that_ends_before_it_answers_leaves_nobody_waiting() {
        let gateway = gateway();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        gateway.point("tickets", Place::At(listener.local_addr().unwrap().to_string()));
        let ends = thread::spawn(move || {
            // Twice without an answer; the second time with what it was sent unread, which resets.
            for _ in 0..2 {
                drop(listener.accept().unwrap());
            }
            listener.accept().unwrap().0
        });
        let mut client = TcpStream::connect(gateway.address).unwrap();
        write!(client, "POST /api/tickets HTTP/1.1\r\ncontent-length: 1\r\n\r\nx").unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert!(client.read(&mut [0; 100]).is_ok_and(|count| count == 0));

        // What only reads is asked again, of the one that is there by then.
        let mut client = TcpStream::connect(gateway.address).unwrap();
        write!(client, "GET /api/tickets HTTP/1.1\r\n\r\n").unwrap();
        let mut second = ends.join().unwrap();
        assert!(Head::read(&mut second).unwrap().is_some());
        write!(second, "HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        drop(second);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    #[test]
    fn dropped_it_frees_its_address() {
        let gateway = gateway();
        let address = gateway.address;
        drop(gateway);
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpListener::bind(address).is_err() {
            assert!(Instant::now() < deadline, "it listens on");
            thread::yield_now();
        }
    }
}
