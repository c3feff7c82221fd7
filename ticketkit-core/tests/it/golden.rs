//! The document is the same bytes from axum and from hyper alone. `tests/poem` has the third.

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

#[path = "../golden/cases.rs"]
mod cases;
#[expect(dead_code, reason = "`main` is for who runs the example")]
#[path = "../../examples/with_axum.rs"]
mod with_axum;
#[expect(dead_code, reason = "`main` is for who runs the example")]
#[path = "../../examples/with_hyper.rs"]
mod with_hyper;

use cases::{CANARY, Case, REQUEST_ID, TRACEPARENT, cases};

fn request(case: &Case) -> Request<Body> {
    let request = Request::builder().method(case.method).uri(case.path);
    let request = request.header("x-request-id", REQUEST_ID).header("traceparent", TRACEPARENT);
    let request = match case.content_type {
        Some(kind) => request.header("content-type", kind),
        None => request,
    };
    request.body(Body::from(case.body.clone())).unwrap()
}

async fn judge<B>(case: &Case, response: Response<B>)
where
    B: axum::body::HttpBody<Error: std::fmt::Debug>,
{
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.ok().unwrap().to_bytes();
    let text = std::str::from_utf8(&bytes).unwrap();
    let Case { method, path, .. } = case;
    assert_eq!(parts.status.as_u16(), case.status, "{method} {path}");
    assert_eq!(text, case.expected, "{method} {path}");
    assert!(!text.contains(CANARY), "{method} {path}");
    let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("application/problem+json"), "{method} {path}");
    assert_eq!(header("cache-control"), Some("no-store"), "{method} {path}");
    assert_eq!(header("x-request-id"), Some(REQUEST_ID), "{method} {path}");
    assert_eq!(header("retry-after"), case.retry_after, "{method} {path}");
    assert_eq!(header("allow"), (case.status == 405).then_some("POST"), "{method} {path}");
}

#[tokio::test]
async fn axum_answers_the_golden_bytes() {
    for case in cases() {
        let response = with_axum::app().oneshot(request(&case)).await.unwrap();
        judge(&case, response).await;
    }
}

#[tokio::test]
async fn hyper_alone_answers_the_golden_bytes() {
    for case in cases() {
        let response = with_hyper::service().oneshot(request(&case)).await.unwrap();
        judge(&case, response).await;
    }
}
