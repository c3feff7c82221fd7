//! Services that run elsewhere, reached by HTTP with the chassis' stack around each.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
};
use http::{HeaderValue, Request, Response, Uri, uri::PathAndQuery};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use ticketkit_core::chassis::outgoing::{Outgoing, OutgoingService};
use tower::{BoxError, Service as Tower, ServiceExt};

use crate::{
    error::RunError,
    service::Service,
    settings::{Peer, Settings},
};

/// A client of HTTP/1.1 that keeps connections.
pub(crate) type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// How long a connection may take to be there: both ends are in one network.
const CONNECT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept: less than any server on the way waits.
const IDLE: Duration = Duration::from_secs(10);

/// How long one attempt may take: signing in hashes a password, and may have to wait for its turn.
const ATTEMPT: Duration = Duration::from_secs(8);

/// The longest body that the pages send on, in bytes: no form is longer.
const MAX: usize = 64 * 1024;

/// Makes a client.
pub(crate) fn client() -> HttpClient {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(connector)
}

/// The services with an API, as the pages see them where they run alone.
#[derive(Debug, Clone)]
pub(crate) struct Peers([(Service, Upstream); 4]);

#[derive(Debug, Clone)]
struct Upstream {
    peer: Peer,
    service: OutgoingService<Full<Bytes>, Incoming>,
}

impl Peers {
    const WITH_API: [Service; 4] =
        [Service::Auth, Service::Tickets, Service::Orders, Service::Payments];

    /// Takes the addresses from the settings.
    pub(crate) fn new(settings: &Settings) -> Result<Self, RunError> {
        let client = client();
        let upstream = |service: Service| -> Result<_, RunError> {
            let (name, peer) = settings.peer(service);
            let why = "the pages ask the other services by HTTP";
            let peer = peer.cloned().ok_or(RunError::Missing(name, Service::Web, why))?;
            let stack = Outgoing::to(service.name()).attempt_timeout(ATTEMPT);
            Ok((service, Upstream { peer, service: stack.around(client.clone()) }))
        };
        let [auth, tickets, orders, payments] = Self::WITH_API.map(upstream);
        Ok(Self([auth?, tickets?, orders?, payments?]))
    }

    fn of_path(&self, path: &str) -> Upstream {
        let owner = Service::of_path(path);
        let [(_, first), ..] = &self.0;
        let found = self.0.iter().find(|(service, _)| *service == owner);
        // What is nobody's, the auth service answers with its 404.
        found.map_or(first, |(_, upstream)| upstream).clone()
    }
}

impl Tower<Request<Body>> for Peers {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // What `Outgoing` makes is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Upstream { peer, service } = self.of_path(request.uri().path());
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            parts.uri = at(&peer, parts.uri.path_and_query())?;
            if let Some(ConnectInfo(client)) =
                parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>()
            {
                // The client's address as it was found out here, instead of what anyone wrote.
                let client = HeaderValue::try_from(client.ip().to_canonical().to_string())?;
                parts.headers.insert("x-forwarded-for", client);
            }
            let body = Full::new(to_bytes(body, MAX).await?);
            let response = service.oneshot(Request::from_parts(parts, body)).await?;
            Ok(response.map(Body::new))
        })
    }
}

/// Puts a path behind the address of a service.
pub(crate) fn at(peer: &Peer, path: Option<&PathAndQuery>) -> Result<Uri, http::Error> {
    let mut parts = peer.uri().clone().into_parts();
    parts.path_and_query = path.cloned().or_else(|| Some(PathAndQuery::from_static("/")));
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_query_behind_the_address() {
        let peer: Peer = "http://tickets:3000/".parse().unwrap();
        let path = PathAndQuery::from_static("/api/tickets?q=opera%20house");
        let uri = at(&peer, Some(&path)).unwrap();
        assert_eq!(uri, "http://tickets:3000/api/tickets?q=opera%20house");
        assert_eq!(at(&peer, None).unwrap(), "http://tickets:3000/");
    }
}
