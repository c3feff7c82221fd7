//! A server on one thread and a client on another, over loopback with connections that stay open.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use axum_08::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
    serve::ListenerExt as _,
};
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use ticketkit_auth::{Clock, RevocationView, axum::CurrentUser, testing::TestAuth};
use ticketkit_bench::Figure;

use crate::Result;

/// Short, and in turns: whatever else the machine does hits all three alike.
const ROUND: Duration = Duration::from_millis(50);
const ROUNDS: usize = 101;
/// A request is under way on each, so that the server is never idle.
const CONNECTIONS: usize = 64;

pub(crate) fn run() -> Result<()> {
    let auth = TestAuth::new();
    let clock = Clock::system();
    let view =
        RevocationView::new(Duration::from_secs(900), Duration::from_secs(600), clock.clone());
    view.heartbeat(clock.unix_millis());
    let bare = Router::new().route("/mine", get(async || "mine"));
    let ours = Router::new()
        .route("/mine", get(async |_: CurrentUser| "mine"))
        .layer(auth.layer().revocations(view));
    let each = Router::new()
        .route("/mine", get(async || "mine"))
        .layer(middleware::from_fn(verify_each(&auth)?));
    let cookie = auth.cookie("ada@example.com");

    let mut servers = Vec::new();
    for router in [ours, bare, each] {
        servers.push(Client::new(serve(router)?, &cookie)?);
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = [0.0; 3];
        for (client, rate) in servers.iter_mut().zip(&mut round) {
            *rate = client.round()?;
        }
        rounds.push(round);
    }
    let figure = |name, reference: usize, least| {
        let bare = median(rounds.iter().map(|round| round[reference]));
        let ratio = median(rounds.iter().map(|round| round[0] / round[reference]));
        Figure::at_least(name, bare * ratio, bare, least, "req/s")
    };
    println!("{}", figure("throughput", 1, 0.93));
    println!("{}", figure("throughput-vs-verifying-each", 2, 5.0));
    Ok(())
}

fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = of.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// What most middleware does: the cookie, the signature and the claims at every request.
fn verify_each(
    auth: &TestAuth,
) -> Result<
    impl Fn(Request, Next) -> std::pin::Pin<Box<dyn Future<Output = Response> + Send>> + Clone + use<>,
> {
    let set: JwkSet = serde_json::from_str(&serde_json::to_string(&auth.ring().jwks())?)?;
    let key = DecodingKey::from_jwk(set.keys.first().ok_or("a key")?)?;
    let mut rules = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.set_audience(&["ticketing"]);
    rules.set_issuer(&["ticketing"]);
    Ok(move |request: Request, next: Next| {
        let verified = token(request.headers()).is_some_and(|token| {
            jsonwebtoken::decode::<serde_json::Value>(token, &key, &rules).is_ok()
        });
        let future: std::pin::Pin<Box<dyn Future<Output = Response> + Send>> = if verified {
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

/// Serves on one thread, until the process ends.
fn serve(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            let served = runtime.block_on(async {
                // Else each answer behind the first waits for the client's delayed acknowledgement.
                let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
                    let _ = stream.set_nodelay(true);
                });
                axum_08::serve(listener, router).await
            });
            drop(served);
        }
    });
    Ok(address)
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

    /// Returns the requests a second of one round.
    fn round(&mut self) -> Result<f64> {
        let mut answers = vec![0; self.answer];
        let (begun, mut served) = (Instant::now(), 0_usize);
        while begun.elapsed() < ROUND {
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
