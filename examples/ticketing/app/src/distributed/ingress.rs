//! What stands in front of the instances: it leads each request to a service that is ready.
//!
//! One connection a request, so that none is ever used that its instance is about to close. An
//! instance that takes no connection is passed over: nothing was sent yet, and the next one gets the
//! request.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use ticketing_auth::AuthService;
use ticketing_expiration::ExpirationService;
use ticketing_orders::OrdersService;
use ticketing_payments::PaymentsService;
use ticketing_tickets::TicketsService;
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, Metrics, http::operators},
    error::{Unavailable, UpstreamFailed},
};
use tower::{Layer as _, Service as Tower, ServiceExt, service_fn};

use super::fleet::Fleet;
use crate::{
    dispatch::Dispatch,
    documents::{self, Described},
    parts::ALL,
    probe::{connect, exchange},
    service::Service,
};

/// What concerns one connection alone, and is not passed on (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Makes the routes of the ingress: the operators' own, and all others those of the services.
pub(super) fn router(fleet: &Fleet) -> Result<Front, serde_json::Error> {
    let (health, metrics) = (Health::default(), Metrics::default());
    metrics.register_process();
    for service in Service::ALL {
        let fleet = fleet.clone();
        health.add(service.name(), move || {
            let is_open = !fleet.addresses(service).is_empty();
            async move { if is_open { Ok(()) } else { Err("no instance is ready".to_owned()) } }
        });
    }
    let mut described = Described::default();
    described.add(Some(AuthService::OPENAPI), AuthService::ASYNCAPI);
    described.add(Some(TicketsService::OPENAPI), TicketsService::ASYNCAPI);
    described.add(Some(OrdersService::OPENAPI), OrdersService::ASYNCAPI);
    described.add(Some(PaymentsService::OPENAPI), PaymentsService::ASYNCAPI);
    described.add(None, ExpirationService::ASYNCAPI);
    let documents = documents::router(&described, ALL)?;
    let operators = operators(ALL, &health, &metrics);
    let own = Dispatch::new(Router::new())
        .with("/livez", &operators)
        .with("/readyz", &operators)
        .with("/metrics", &operators)
        .with("/openapi.json", &documents)
        .with("/asyncapi.json", &documents);
    Ok(Front { own, fleet: fleet.clone() })
}

/// The ingress as a service of requests.
#[derive(Debug, Clone)]
pub(super) struct Front {
    own: Dispatch,
    fleet: Fleet,
}

impl Tower<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if self.own.owns(request.uri().path()) {
            return Box::pin(self.own.call(request));
        }
        let fleet = self.fleet.clone();
        Box::pin(async move { Ok(pass(&fleet, request).await) })
    }
}

async fn pass(fleet: &Fleet, mut request: Request<Body>) -> Response {
    let service = Service::of_path(request.uri().path());
    forward(&mut request);
    let mut stream = None;
    for address in fleet.addresses(service) {
        match connect(address).await {
            Ok(connected) => {
                stream = Some(connected);
                break;
            }
            Err(error) => tracing::warn!(%service, %address, "no connection: {error}"),
        }
    }
    let Some(stream) = stream else {
        tracing::warn!(%service, "no instance takes requests");
        return refuse(request, Unavailable { retry_after: 1 }).await;
    };
    let (parts, body) = request.into_parts();
    let refused = Request::from_parts(parts.clone(), Body::empty());
    match exchange(stream, Request::from_parts(parts, body)).await {
        Ok(mut response) => {
            strip(response.headers_mut());
            response
        }
        Err(error) => refuse(refused, UpstreamFailed::new(error)).await,
    }
}

/// Answers in the name of the ingress itself.
async fn refuse(request: Request<Body>, error: impl IntoResponse) -> Response {
    let mut error = Some(error);
    let answer = service_fn(move |_: Request<Body>| {
        let answer = error.take().map(IntoResponse::into_response).unwrap_or_default();
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let Ok(response) = ErrorLayer::new(ALL).layer(answer).oneshot(request).await;
    response.map(Body::new)
}

/// Says on whose behalf the request comes, and leaves out what was for the ingress alone.
fn forward(request: &mut Request<Body>) {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().copied();
    let headers = request.headers_mut();
    strip(headers);
    if let Some(ConnectInfo(peer)) = peer
        && let Ok(address) = HeaderValue::try_from(peer.ip().to_canonical().to_string())
    {
        headers.append("x-forwarded-for", address);
    }
}

fn strip(headers: &mut HeaderMap) {
    // What `Connection` names belongs to the connection too.
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}
