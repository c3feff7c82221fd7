//! A server on one thread and a client on another, over loopback with connections that stay open.
//!
//! What is bounded is the layer in both places where the documents put it: around a router,
//! `auth.layer(router)`, beside the bare router; and inside the error layer in one call,
//! `router.layer((errors, auth))`, beside the router with the error layer alone. A call of
//! `Router::layer` for it alone has axum box the service and its future once more at every request,
//! whichever layer it is; that figure is shown too, without a bound.
//!
//! The ratios of one pair of servers differ by some hundredths from those of the next, by where its
//! memory and its sockets happen to be and which processors the threads are on. So there are many pairs
//! of fresh servers, each measured in a few short turns; all servers are on one processor and the
//! clients on another; and the figure is the median of the ratios of all turns.

use std::{
    convert::Infallible,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    pin::Pin,
    thread,
    time::{Duration, Instant},
};

use axum_08::{
    Router, ServiceExt as _,
    extract::Request,
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
    serve::ListenerExt as _,
};
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use ticketkit_auth::{AuthLayer, Clock, RevocationView, axum::CurrentUser, testing::TestAuth};
use ticketkit_bench::Figure;
use ticketkit_core::ErrorLayer;
use tokio::sync::oneshot;
use tower::{Layer as _, Service};

use crate::{Result, processor::Processors};

/// How many times all servers are started anew.
const SETS: usize = 51;
/// How many turns each server of a set gets.
const TURNS: usize = 4;
/// How long a turn is: whatever else the machine does hits all servers alike.
const TURN: Duration = Duration::from_millis(40);
/// A request is under way on each, so that the server is never idle.
const CONNECTIONS: usize = 64;

pub(crate) fn run() -> Result<()> {
    let auth = TestAuth::new();
    let clock = Clock::system();
    let view =
        RevocationView::new(Duration::from_secs(900), Duration::from_secs(600), clock.clone());
    view.heartbeat(clock.unix_millis());
    let layer = auth.layer().revocations(view);
    let cookie = auth.cookie("ada@example.com");
    let processors = Processors::choose();

    // On a thread of its own: where this one runs is for the other groups too.
    let turns = thread::scope(|scope| {
        let measured = scope.spawn(|| -> Result<Vec<[f64; KINDS]>> {
            processors.client()?;
            let mut turns = Vec::new();
            for _ in 0..SETS {
                turns.extend(set(&auth, &layer, &cookie, processors)?);
            }
            Ok(turns)
        });
        measured.join().map_err(|_| "the measurement panicked")?
    })?;
    let figure = |name, of: usize, reference: usize, least: Option<f64>| {
        let base = median(turns.iter().map(|rates| rates[reference]));
        let ratio = median(turns.iter().map(|rates| rates[of] / rates[reference]));
        match least {
            Some(least) => Figure::at_least(name, base * ratio, base, least, "req/s"),
            None => Figure::new(name, base * ratio, base, "req/s"),
        }
    };
    println!("{}", figure("throughput", AROUND, BARE, Some(0.93)));
    println!("{}", figure("throughput-inside-errors", INSIDE, ERRORS, Some(0.93)));
    println!("{}", figure("throughput-by-its-own-call", ALONE, BARE, None));
    println!("{}", figure("throughput-vs-verifying-each", AROUND, EACH, Some(5.0)));
    Ok(())
}

const BARE: usize = 0;
const AROUND: usize = 1;
const ERRORS: usize = 2;
const INSIDE: usize = 3;
const ALONE: usize = 4;
const EACH: usize = 5;
const KINDS: usize = 6;

/// Starts a server of each kind, and returns the requests a second of each in every turn.
fn set(
    auth: &TestAuth,
    layer: &AuthLayer,
    cookie: &str,
    processors: Processors,
) -> Result<[[f64; KINDS]; TURNS]> {
    let bare = Router::new().route("/mine", get(async || "mine"));
    let mine = Router::new().route("/mine", get(async |_: CurrentUser| "mine"));
    let errors = ErrorLayer::new("tickets");
    let each = bare.clone().layer(middleware::from_fn(verify_each(auth)?));
    let (_stops, mut clients): (Vec<_>, Vec<_>) = [
        serve(bare.clone(), processors)?,
        serve(layer.layer(mine.clone()), processors)?,
        serve(bare.layer(errors.clone()), processors)?,
        serve(mine.clone().layer((errors, layer.clone())), processors)?,
        serve(mine.layer(layer.clone()), processors)?,
        serve(each, processors)?,
    ]
    .into_iter()
    .map(|(address, stop)| (stop, Client::new(address, cookie)))
    .unzip();

    let mut turns = [[0.0; KINDS]; TURNS];
    for (first, rates) in turns.iter_mut().enumerate() {
        // Whoever comes first is not always the same.
        for at in 0..clients.len() {
            let at = (at + first) % clients.len();
            let client = clients[at].as_mut().map_err(|error| error.to_string())?;
            rates[at] = client.turn()?;
        }
    }
    Ok(turns)
}

fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = of.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What most middleware does: the cookie, the signature and the claims at every request.
fn verify_each(auth: &TestAuth) -> Result<impl Fn(Request, Next) -> Answering + Clone + use<>> {
    let set: JwkSet = serde_json::from_str(&serde_json::to_string(&auth.ring().jwks())?)?;
    let key = DecodingKey::from_jwk(set.keys.first().ok_or("a key")?)?;
    let mut rules = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.set_audience(&["ticketing"]);
    rules.set_issuer(&["ticketing"]);
    Ok(move |request: Request, next: Next| {
        let verified = token(request.headers()).is_some_and(|token| {
            jsonwebtoken::decode::<serde_json::Value>(token, &key, &rules).is_ok()
        });
        let future: Answering = if verified {
            Box::pin(next.run(request))
        } else {
            Box::pin(async { StatusCode::UNAUTHORIZED.into_response() })
        };
        future
    })
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get("cookie")?
        .to_str()
        .ok()?
        .split("; ")
        .find_map(|pair| pair.strip_prefix("ticketkit="))
}

/// Serves on one thread, until the sender is dropped.
fn serve<S>(service: S, processors: Processors) -> Result<(SocketAddr, oneshot::Sender<()>)>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    thread::spawn(move || -> Result<()> {
        processors.server()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            // Else each answer behind the first waits for the client's delayed acknowledgement.
            let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            tokio::select! {
                served = axum_08::serve(listener, service.into_make_service()) => Ok(served?),
                _ = stopped => Ok(()),
            }
        })
    });
    Ok((address, stop))
}

struct Client {
    connections: Vec<TcpStream>,
    request: Vec<u8>,
    answer: usize,
}

impl Client {
    fn new(server: SocketAddr, cookie: &str) -> Result<Self> {
        let request = format!("GET /mine HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n");
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = TcpStream::connect(server)?;
            connection.set_nodelay(true)?;
            connections.push(connection);
        }
        // All answers have the length of the first.
        connections[0].write_all(request.as_bytes())?;
        let mut answer = [0; 1024];
        let length = connections[0].read(&mut answer)?;
        let text = String::from_utf8_lossy(&answer[..length]);
        if !text.starts_with("HTTP/1.1 200") {
            return Err(format!("the server answers {text}").into());
        }
        Ok(Self { connections, request: request.into_bytes(), answer: length })
    }

    /// Returns the requests a second of one turn.
    fn turn(&mut self) -> Result<f64> {
        let mut answers = vec![0; self.answer];
        let (begun, mut served) = (Instant::now(), 0_usize);
        while begun.elapsed() < TURN {
            for connection in &mut self.connections {
                connection.write_all(&self.request)?;
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut answers)?;
            }
            served += CONNECTIONS;
        }
        Ok(served as f64 / begun.elapsed().as_secs_f64())
    }
}
