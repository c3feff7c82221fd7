use std::borrow::Cow;

use ::axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use ::http::{HeaderMap, header};

use crate::{
    Code, ErrorLayer, ErrorStatus, FieldError, ServiceError,
    axum::Json,
    catalogue::Entry,
    chassis::{Health, Metrics},
    error::Unavailable,
    respond,
};

/// The routes for operators: `/livez`, `/readyz` and `/metrics`.
///
/// `/livez` says that the process runs, and asks nothing and nobody: whoever restarts a process for
/// the outage of another makes things worse. `/readyz` runs the checks, unless they have just run,
/// and is 503 `unavailable` with the names of those that failed, or `draining`.
///
/// ```
/// use axum::Router;
/// use ticketkit_core::chassis::{Health, Metrics, http};
///
/// let (health, metrics) = (Health::default(), Metrics::default());
/// health.add("database", || async { Ok(()) });
/// let app: Router = Router::new().merge(http::operators("tickets", &health, &metrics));
/// # let _ = app;
/// ```
pub fn operators(service: &'static str, health: &Health, metrics: &Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { Json(serde_json::json!({ "status": "ok" })) }))
        .route("/readyz", get(ready))
        .with_state(health.clone())
        .merge(Router::new().route("/metrics", get(text)).with_state(metrics.clone()))
        .layer(ErrorLayer::new(service))
}

async fn ready(State(health): State<Health>) -> Response {
    let reports = health.ready().await;
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
    fn status(&self) -> ErrorStatus {
        ErrorStatus::SERVICE_UNAVAILABLE
    }
    fn code(&self) -> Code {
        const { Code::new("unavailable") }
    }
    fn title(&self) -> Cow<'static, str> {
        Unavailable { retry_after: 1 }.title()
    }
    fn errors(&self) -> Vec<FieldError> {
        let failed = self.failed.iter().cloned();
        failed.map(|name| FieldError::new("check failed").parameter(name).code("check")).collect()
    }
    fn headers(&self, headers: &mut HeaderMap) {
        Unavailable { retry_after: 1 }.headers(headers);
    }
    fn entries() -> Vec<Entry> {
        Unavailable::entries()
    }
}
