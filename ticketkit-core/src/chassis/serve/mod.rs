//! Serving connections until the shutdown, and ending those that are left.

mod body;
mod connection;
mod drained;
mod drive;
mod ledger;
mod linger;
mod refusal;
mod socket;

use std::{convert::Infallible, sync::Arc, time::Duration};

use ::axum::{body::Body, response::Response};
use ::http::Request;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tower::Service;

use super::Shutdown;
use crate::ErrorLayer;
use connection::Connection;
use drive::{Handler, drive};
use ledger::Ledger;

pub use drained::Drained;

/// How long requests may go on after the shutdown was asked for.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(20);

/// How long connections that are cut may take to notice: one whose handler blocks its thread does
/// not notice at all.
const CUT: Duration = Duration::from_millis(500);

/// Serves HTTP/1.1 until the shutdown is asked for, then drains.
///
/// On the shutdown no connection is accepted any more, idle ones are closed, event streams end at
/// once, and requests under way may finish within `deadline`; what is left then is cut. With a
/// [delay](Shutdown::with_delay) all this begins when the delay is over, and until then everything
/// is served. The address of the client is in the request's extensions as axum's
/// `ConnectInfo<SocketAddr>`. Dropping the future closes the listener and all connections.
///
/// What can't be parsed never is a request, and no layer sees it: a line or a header that is no HTTP
/// (400), an address (414) or headers (431) beyond what is read. `errors` says in whose name it is
/// answered, which is with the same document as everything else.
///
/// A request that is upgraded, to a WebSocket for instance, lasts until the service drops the
/// connection. It is for the service to end it on the shutdown; at the deadline its connection fails.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use ticketkit_core::{
///     ErrorLayer,
///     chassis::{
///         Shutdown,
///         serve::{DRAIN_DEADLINE, serve},
///     },
/// };
///
/// # async fn run() -> std::io::Result<()> {
/// let errors = ErrorLayer::new("tickets");
/// let app = Router::new().route("/", get(|| async { "" })).layer(errors.clone());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// let shutdown = Shutdown::on_signals()?;
/// let drained = serve(listener, app, &errors, &shutdown, DRAIN_DEADLINE).await;
/// println!("{drained}");
/// # Ok(()) }
/// ```
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    errors: &ErrorLayer,
    shutdown: &Shutdown,
    deadline: Duration,
) -> Drained
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let ledger = Arc::new(Ledger::new(shutdown.clone()));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = shutdown.requested() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = Connection::new(peer, ledger.clone(), errors.clone());
                let handler = Handler { service: service.clone(), connection: connection.into() };
                connections.spawn(drive(stream, handler));
            }
            // Out of file descriptors, or a client that left: neither ends the service.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(deadline, all_ended).await;
    while connections.try_join_next().is_some() {}
    let cut = connections.len();
    ledger.begin_to_cut();
    let _ = timeout(CUT, connections.shutdown()).await;
    ledger.report(cut)
}
