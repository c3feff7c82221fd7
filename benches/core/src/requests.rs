//! The application that is measured, with and without layers.

use axum_08::{Router, body::Body, extract::Request, response::Response, routing::get};
use ticketkit_bench::ready;
use ticketkit_core::{ErrorLayer, layer::ErrorService};
use tower::{Layer, Service};

/// The headers of a request.
pub type Headers = &'static [(&'static str, &'static str)];

/// What a client of HTTP sends.
pub const BARE: Headers = &[("host", "localhost"), ("accept", "*/*"), ("user-agent", "bench/1")];

/// The same behind a proxy that gives ids and traces.
pub const TRACED: Headers = &[
    ("host", "localhost"),
    ("accept", "*/*"),
    ("user-agent", "bench/1"),
    ("x-request-id", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
];

pub fn router() -> Router {
    Router::new().route("/tickets/{id}", get(|| async { "a ticket" }))
}

/// The layer around the whole router, as `serve` gets it.
pub fn layered() -> ErrorService<Router> {
    ErrorLayer::new("tickets").layer(router())
}

/// The layer by `Router::layer`, which boxes it once more, whatever layer it is.
pub fn layered_routes() -> Router {
    router().layer(ErrorLayer::new("tickets"))
}

pub fn request(path: &str, headers: Headers) -> Request {
    let mut request = Request::new(Body::empty());
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    for (name, value) in headers {
        request.headers_mut().insert(*name, http::HeaderValue::from_static(value));
    }
    request
}

pub fn send<S>(app: &S, path: &str, headers: Headers) -> Response
where
    S: Service<Request, Response = Response, Error = std::convert::Infallible> + Clone,
{
    match ready(app.clone().call(request(path, headers))) {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

pub fn send_to_router(app: &Router, path: &str, headers: Headers) -> Response {
    send(app, path, headers)
}
