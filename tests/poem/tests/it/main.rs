//! The document is the same bytes from poem. `ticketkit-core/tests` has axum and hyper.

#[path = "../../../../ticketkit-core/tests/golden/cases.rs"]
mod cases;
#[expect(dead_code, reason = "`main` is for who runs the example")]
#[path = "../../examples/with_poem.rs"]
mod with_poem;

use cases::{CANARY, REQUEST_ID, TRACEPARENT, cases};
use poem::{Endpoint, Request, http::Method};

#[tokio::test]
async fn poem_answers_the_golden_bytes() {
    let app = with_poem::app();
    for case in cases() {
        let (method, path) = (case.method, case.path);
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("it is a method"))
            .uri_str(path)
            .header("x-request-id", REQUEST_ID)
            .header("traceparent", TRACEPARENT);
        if let Some(kind) = case.content_type {
            request = request.header("content-type", kind);
        }
        let response = app.get_response(request.body(case.body.clone())).await;
        assert_eq!(response.status().as_u16(), case.status, "{method} {path}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        assert_eq!(response.header("cache-control"), Some("no-store"), "{method} {path}");
        assert_eq!(response.header("x-request-id"), Some(REQUEST_ID), "{method} {path}");
        assert_eq!(response.header("retry-after"), case.retry_after, "{method} {path}");
        let text = response.into_body().into_string().await.expect("it is text");
        assert_eq!(text, case.expected, "{method} {path}");
        assert!(!text.contains(CANARY), "{method} {path}");
    }
}
