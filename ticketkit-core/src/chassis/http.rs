//! The layers around a service's routes, and the operators' routes beside them.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use ::axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use ::http::{Method, StatusCode, header};
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument;

use super::{Health, HttpMetrics, Metrics};
use crate::{
    ErrorLayer, FieldError, RequestId, ServiceError, axum::Json, error::Unavailable, respond,
};

/// How long a handler may take until its answer begins: then it is dropped, and 504 `timeout`.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Puts the error contract, metrics, a span and a timeout around the routes of a service.
pub fn stack(
    routes: Router,
    service: impl Into<Cow<'static, str>>,
    errors: ErrorLayer,
    metrics: &HttpMetrics,
) -> Router {
    let observed = Observed { service: service.into(), metrics: metrics.clone() };
    routes
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_TIMEOUT))
        .layer(from_fn_with_state(observed, observe))
        .layer(errors)
}

#[derive(Clone)]
struct Observed {
    service: Cow<'static, str>,
    metrics: HttpMetrics,
}

async fn observe(State(observed): State<Observed>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let service = observed.service.as_ref();
    let request_id = RequestId::of(&request);
    let span = tracing::info_span!("request", service, method, route, %request_id);
    let response = next.run(request).instrument(span).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    observed.metrics.observe(service, method, route, status, took);
    tracing::debug!(%request_id, service, method, route, status, ?took, "answered");
    response
}

/// The method, unless a client made it up: such a one must not become a label.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The routes for operators: `/livez`, `/readyz` and `/metrics`.
///
/// `/livez` says that the process runs; `/readyz` runs the checks, and is 503 `unavailable` with
/// the names of those that failed.
pub fn operators(service: &'static str, health: &Health, metrics: &Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { Json(serde_json::json!({ "status": "ok" })) }))
        .route("/readyz", get(ready))
        .with_state(health.clone())
        .merge(Router::new().route("/metrics", get(text)).with_state(metrics.clone()))
        .layer(ErrorLayer::new(service))
}

async fn ready(State(health): State<Health>) -> Response {
    let reports = health.run().await;
    let failed: Vec<String> =
        reports.iter().filter(|report| !report.ok).map(|report| report.name.clone()).collect();
    if failed.is_empty() {
        return Json(serde_json::json!({ "status": "ok", "checks": reports })).into_response();
    }
    respond(&NotReady { failed })
}

async fn text(State(metrics): State<Metrics>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.to_text()).into_response()
}

#[derive(Debug, thiserror::Error)]
#[error("not ready: {}", .failed.join(", "))]
struct NotReady {
    failed: Vec<String>,
}

impl ServiceError for NotReady {
    fn status(&self) -> crate::ErrorStatus {
        crate::ErrorStatus::SERVICE_UNAVAILABLE
    }
    fn code(&self) -> crate::Code {
        const { crate::Code::new("unavailable") }
    }
    fn title(&self) -> Cow<'static, str> {
        Unavailable { retry_after: 1 }.title()
    }
    fn errors(&self) -> Vec<FieldError> {
        let failed = self.failed.iter().cloned();
        failed.map(|name| FieldError::new("check failed").parameter(name).code("check")).collect()
    }
    fn headers(&self, headers: &mut ::http::HeaderMap) {
        Unavailable { retry_after: 1 }.headers(headers);
    }
}
