//! Serving connections until the shutdown, and ending those that are left.

mod body;
mod connection;
mod drained;
mod ledger;
mod linger;

use std::{convert::Infallible, sync::Arc, time::Duration};

use ::axum::{body::Body, response::Response};
use ::http::Request;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tower::Service;

use super::Shutdown;
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
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
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
                let (service, ledger) = (service.clone(), ledger.clone());
                let handler = connection::Handler { service, peer, ledger };
                connections.spawn(connection::drive(stream, handler));
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
