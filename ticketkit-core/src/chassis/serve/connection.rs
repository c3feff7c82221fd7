use std::{convert::Infallible, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use ::axum::{body::Body, extract::ConnectInfo, response::Response};
use ::http::{Method, Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::{Service, ServiceExt};

use super::{
    body::Counted,
    ledger::{Entry, Ledger},
    linger::Lingering,
};

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection until its end; from the shutdown on it takes no further request.
pub(super) async fn drive<S>(stream: TcpStream, handler: Handler<S>)
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    let (peer, ledger) = (handler.peer, handler.ledger.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), handler);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ledger.shutdown().requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
    ledger.connection_ended();
}

/// The service of one connection.
pub(super) struct Handler<S> {
    pub(super) service: S,
    pub(super) peer: SocketAddr,
    pub(super) ledger: Arc<Ledger>,
}

impl<S> hyper::service::Service<Request<Incoming>> for Handler<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = ::http::Response<Counted>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = Lingering::wrap(request).map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let entry = Entry::begin(&self.ledger);
        let shutdown = self.ledger.shutdown().clone();
        let is_head = request.method() == Method::HEAD;
        let answer = self.service.clone().oneshot(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            Ok(Counted::wrap(response, is_head, entry, shutdown))
        })
    }
}
