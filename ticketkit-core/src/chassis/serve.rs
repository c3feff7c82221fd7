//! Serving connections until the shutdown, and ending those that are left.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ::axum::{body::Body, extract::ConnectInfo, response::Response};
use ::http::Request;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tower::{Service, ServiceExt};

use super::{Shutdown, linger::Lingering};

/// How long requests may go on after the shutdown was asked for.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(20);

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// What became of the requests that were under way at the shutdown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Requests that were answered after the shutdown was asked for.
    pub finished: usize,
    /// Requests that were cut at the deadline.
    pub cut: usize,
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "drained: {} requests finished, {} cut", self.finished, self.cut)
    }
}

/// Serves HTTP/1.1 until the shutdown is asked for, then drains.
///
/// On the shutdown no connection is accepted any more, idle ones are closed, and requests under way
/// may finish within `deadline`. The address of the client is in the request's extensions as
/// axum's `ConnectInfo<SocketAddr>`. Dropping the future closes the listener and leaves
/// connections to themselves.
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
    let graceful = GracefulShutdown::new();
    let under_way = Arc::new(AtomicUsize::new(0));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.requested() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, service.clone(), under_way.clone());
                let watched = graceful.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = watched.await {
                        tracing::debug!(%peer, %error, "connection ended");
                    }
                });
            }
            // Out of file descriptors, or a client that left: neither ends the service.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let before = under_way.load(Ordering::SeqCst);
    let in_time = tokio::time::timeout(deadline, graceful.shutdown()).await.is_ok();
    let cut = if in_time { 0 } else { under_way.load(Ordering::SeqCst) };
    Drained { finished: before.saturating_sub(cut), cut }
}

type Connection<S> = http1::Connection<TokioIo<TcpStream>, Handler<S>>;

fn connection<S>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    under_way: Arc<AtomicUsize>,
) -> Connection<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), Handler { service, peer, under_way })
}

/// The service of one connection.
struct Handler<S> {
    service: S,
    peer: SocketAddr,
    under_way: Arc<AtomicUsize>,
}

impl<S> hyper::service::Service<Request<hyper::body::Incoming>> for Handler<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send + 'static>>;

    fn call(&self, request: Request<hyper::body::Incoming>) -> Self::Future {
        let mut request = Lingering::wrap(request).map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let guard = UnderWay::begin(&self.under_way);
        let answer = self.service.clone().oneshot(request);
        Box::pin(async move {
            let response = answer.await;
            drop(guard);
            response
        })
    }
}

/// Counts a request as long as its answer has not begun.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
