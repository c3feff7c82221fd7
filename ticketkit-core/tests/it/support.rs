//! Sending requests through a router, and reading the answers.

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use ticketkit_core::Problem;
use tower::ServiceExt;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads the problem, and checks what holds for all of them.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.headers["cache-control"], "no-store");
        let problem = Problem::parse(&self.body).unwrap();
        let id = self.headers["x-request-id"].to_str().unwrap();
        assert_eq!(problem.instance.as_deref(), Some(format!("urn:uuid:{id}").as_str()));
        assert_eq!(problem.status, self.status.as_u16());
        assert!(problem.type_uri.ends_with(&problem.code.hyphenated()));
        problem
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) async fn send(
    app: &Router,
    request: http::request::Builder,
    body: impl Into<Body>,
) -> Answer {
    let request: Request<Body> = request.body(body.into()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    send(app, Request::get(path), Body::empty()).await
}

/// Makes sure that a subscriber of one thread hears everything that this thread logs.
///
/// While there is just one subscriber in the process, tracing (0.1) asks that of the thread that
/// happens to log from a place first, which may have none, and keeps the answer. With a global one
/// beside it, it asks them all.
pub(crate) fn hear_everything() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
}
