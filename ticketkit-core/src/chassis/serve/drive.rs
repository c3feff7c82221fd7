use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use ::axum::{body::Body, extract::ConnectInfo, response::Response};
use ::http::{Method, Request, StatusCode};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, sync::oneshot};
use tower::{Service, ServiceExt};

use super::{
    body::Counted, connection::Connection, ledger::Entry, linger::Lingering, socket::Socket,
};
use crate::ErrorStatus;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection until its end; from the shutdown on it takes no further request.
///
/// One that was upgraded ends when the service drops it. Where this future is dropped before, its
/// socket fails.
pub(super) async fn drive<S>(stream: TcpStream, handler: Handler<S>)
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    let connection = handler.connection.clone();
    let (mut driven, driver) = oneshot::channel();
    let socket = Socket::new(stream, connection.clone(), driver);
    let ended = {
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(socket), handler)
            .with_upgrades();
        let mut http = std::pin::pin!(http);
        tokio::select! {
            ended = http.as_mut() => ended,
            () = connection.ledger.shutdown().requested() => {
                http.as_mut().graceful_shutdown();
                http.await
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %connection.peer, %error, "connection ended");
    }
    // The socket is gone already, unless it was upgraded.
    driven.closed().await;
    connection.ledger.connection_ended();
}

/// The service of one connection.
pub(super) struct Handler<S> {
    pub(super) service: S,
    pub(super) connection: Arc<Connection>,
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
        request.extensions_mut().insert(ConnectInfo(self.connection.peer));
        let entry = Entry::begin(&self.connection);
        let connection = self.connection.clone();
        let (is_head, is_connect) =
            (request.method() == Method::HEAD, request.method() == Method::CONNECT);
        let answer = self.service.clone().oneshot(request);
        Box::pin(async move {
            let Ok(mut response) = answer.await;
            let status = response.status();
            if status == StatusCode::SWITCHING_PROTOCOLS || (is_connect && status.is_success()) {
                connection.upgrade(entry);
                return Ok(Counted::uncounted(response));
            }
            // hyper can't send it, and would answer with a bare 500.
            if status.is_informational() {
                let cause = format!("the service answered with {status}, which is no answer");
                response = connection.errors.refuse(ErrorStatus::INTERNAL_SERVER_ERROR, cause);
            }
            let shutdown = connection.ledger.shutdown().clone();
            Ok(Counted::wrap(response, is_head, entry, shutdown))
        })
    }
}
