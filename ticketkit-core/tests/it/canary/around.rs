//! The places around a handler: layers, extractors, health, calls to others, bodies on their way.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::stream;
use garde::Validate;
use http::header;
use serde::{Deserialize, Deserializer, de::Error as _};
use ticketkit_core::{
    ErrorLayer,
    axum::{Form, Json, Path, Query, Valid},
    chassis::{Health, HttpMetrics, Metrics, http as chassis, outgoing::Outgoing},
    error::{Internal, Unavailable},
};
use tower::{
    BoxError, Layer, Service, ServiceExt, load_shed::error::Overloaded, service_fn,
    timeout::error::Elapsed,
};

type Planted = Pin<Box<dyn Future<Output = Response>>>;

/// A place, and how it answers a request with the text in it.
pub(super) type Place = (&'static str, fn(&str, &ErrorLayer, Request) -> Planted);

pub(super) const PLACES: &[Place] = &[
    ("readiness of the inner service", not_ready),
    ("a recognised error", |canary, layer, request| {
        failing(&layer.clone().recognise::<Internal>(), Internal::new(io(canary)), request)
    }),
    ("a translated error", |canary, layer, request| {
        let layer = layer.clone().translate(|_: &io::Error| Unavailable { retry_after: 1 });
        failing(&layer, io(canary), request)
    }),
    ("the source of a timeout", |canary, layer, request| {
        failing(layer, Wrapped(canary.to_owned(), Elapsed::new()), request)
    }),
    ("the source of shed load", |canary, layer, request| {
        failing(layer, Wrapped(canary.to_owned(), Overloaded::new()), request)
    }),
    ("a call of gRPC", |canary, layer, mut request| {
        *request.method_mut() = http::Method::POST;
        let kind = http::HeaderValue::from_static("application/grpc");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        request.headers_mut().insert(header::TE, http::HeaderValue::from_static("trailers"));
        failing(layer, io(canary), request)
    }),
    ("the stack of the chassis", stack),
    ("a check of health", health),
    ("a body that breaks off", body),
    ("a call to another service", outgoing),
    ("a rejection of axum", |canary, layer, request| {
        extracted::<axum::Json<Known>, _>(canary, layer, request)
    }),
    ("a type that reads a body", |canary, layer, request| {
        extracted::<Json<Talkative>, _>(canary, layer, request)
    }),
    ("a type that reads a query", |canary, layer, request| {
        extracted::<Query<Talkative>, _>(canary, layer, request)
    }),
    ("a type that reads a form", |canary, layer, mut request| {
        let kind = http::HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        extracted::<Form<Talkative>, _>(canary, layer, request)
    }),
    ("a type that reads a path", |canary, layer, request| {
        extracted::<Path<Talkative>, _>(canary, layer, request)
    }),
    ("a value that breaks a rule", |canary, layer, request| {
        extracted::<Valid<Json<Ruled>>, _>(canary, layer, request)
    }),
];

fn io(canary: &str) -> io::Error {
    io::Error::other(canary.to_owned())
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Wrapped<E: std::error::Error + 'static>(String, #[source] E);

fn failing(layer: &ErrorLayer, error: impl Into<BoxError>, request: Request) -> Planted {
    let mut error = Some(error.into());
    let inner =
        service_fn(move |_: Request| std::future::ready(Err::<Response, _>(error.take().unwrap())));
    let app = layer.layer(inner);
    Box::pin(async move { app.oneshot(request).await.unwrap() })
}

fn not_ready(canary: &str, layer: &ErrorLayer, request: Request) -> Planted {
    struct Broken(String);
    impl Service<Request> for Broken {
        type Response = Response;
        type Error = BoxError;
        type Future = std::future::Ready<Result<Response, BoxError>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Err(self.0.clone().into()))
        }
        fn call(&mut self, _: Request) -> Self::Future {
            unreachable!("it is not ready")
        }
    }
    let app = layer.layer(Broken(canary.to_owned()));
    Box::pin(async move { app.oneshot(request).await.unwrap() })
}

/// The whole of it, whose metrics are public too.
fn stack(canary: &str, layer: &ErrorLayer, request: Request) -> Planted {
    let metrics = Metrics::default();
    let canary = canary.to_owned();
    let bug = move || async move { panic!("{canary}") as () };
    let routes = Router::new().fallback(bug);
    let app =
        routes.layer(chassis::Stack::new("tickets", layer.clone(), &HttpMetrics::new(&metrics)));
    Box::pin(async move {
        let response = app.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let counted = stream::iter([Ok::<_, axum::Error>(metrics.to_text().into())]);
        let both = stream::StreamExt::chain(body.into_data_stream(), counted);
        Response::from_parts(parts, Body::from_stream(both))
    })
}

fn health(canary: &str, layer: &ErrorLayer, mut request: Request) -> Planted {
    let health = Health::default();
    let canary = canary.to_owned();
    health.add("database", move || std::future::ready(Err(canary.clone())));
    let app = chassis::operators("tickets", &health, &Metrics::default()).layer(layer.clone());
    *request.uri_mut() = http::Uri::from_static("/readyz");
    Box::pin(async move { app.oneshot(request).await.unwrap() })
}

fn body(canary: &str, layer: &ErrorLayer, request: Request) -> Planted {
    let parts = [Ok("whole"), Err(io(canary))];
    let parts = Arc::new(Mutex::new(Some(parts)));
    let broken =
        || async move { Body::from_stream(stream::iter(parts.lock().unwrap().take().unwrap())) };
    let app = Router::new().fallback(broken).layer(layer.clone());
    Box::pin(async move { app.oneshot(request).await.unwrap() })
}

fn outgoing(canary: &str, layer: &ErrorLayer, request: Request) -> Planted {
    let canary = canary.to_owned();
    let upstream =
        move |_: http::Request<()>| std::future::ready(Err::<http::Response<()>, _>(io(&canary)));
    let upstream = Outgoing::to("payments").around(service_fn(upstream));
    let call = move || async move {
        let request = http::Request::post("/").body(()).unwrap();
        upstream.oneshot(request).await.map(|answer| answer.status())
    };
    let app = Router::new().fallback(call).layer(layer.clone());
    Box::pin(async move { app.oneshot(request).await.unwrap() })
}

/// Sends the text as the value of a member, of a parameter and of a segment of the path.
fn extracted<E, M>(canary: &str, layer: &ErrorLayer, mut request: Request) -> Planted
where
    E: FromRequest<(), M, Rejection: IntoResponse> + Send + 'static,
    M: 'static,
{
    let refuse = async |request: Request| E::from_request(request, &()).await.map(|_| "taken");
    let app = Router::new().route("/{value}", any(refuse)).layer(layer.clone());
    *request.uri_mut() = format!("/{canary}?value={canary}").parse().unwrap();
    let headers = request.headers_mut();
    *request.body_mut() = match headers.get(header::CONTENT_TYPE) {
        Some(_) => Body::from(format!("value={canary}")),
        None => {
            headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            Body::from(format!(r#"{{"value":"{canary}"}}"#))
        }
    };
    *request.method_mut() = http::Method::POST;
    Box::pin(async move { app.oneshot(request).await.unwrap() })
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "no value is ever read")]
struct Known {
    value: Word,
}

#[derive(Debug, Deserialize)]
enum Word {}

/// What a password or a key would be that does not hold its tongue.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "no value is ever read")]
struct Talkative {
    value: Quoting,
}

#[derive(Debug)]
struct Quoting;

impl<'de> Deserialize<'de> for Quoting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(D::Error::custom(format!("{text} is not in the table, expected {text}")))
    }
}

#[derive(Debug, Deserialize, Validate)]
struct Ruled {
    #[garde(length(max = 3), contains("?"))]
    value: String,
}
