//! What the span and the metrics around a request see.

use std::{
    future::pending,
    io,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body, routing::get};
use http::{HeaderMap, Request};
use ticketkit_core::{
    ErrorLayer, RequestId,
    chassis::{HttpMetrics, Metrics, http::Stack, logs},
    trace::TraceContext,
};
use tower::{ServiceExt, util::MapRequestLayer};
use tracing_subscriber::{filter::LevelFilter, fmt, layer::SubscriberExt};

use crate::support::{Answer, send};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn stack(metrics: &Metrics) -> Stack {
    Stack::new("tickets", ErrorLayer::new("tickets"), &HttpMetrics::new(metrics))
}

fn service(routes: Router, metrics: &Metrics) -> Router {
    routes.layer(stack(metrics))
}

async fn ask(app: &Router, path: &str, traceparent: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(parent) = traceparent {
        request = request.header("traceparent", parent).header("tracestate", "a=1");
    }
    send(app, request, "").await
}

#[tokio::test]
async fn a_trace_is_continued_or_begun() {
    let seen = |headers: HeaderMap, context: axum::Extension<TraceContext>| async move {
        assert_eq!(TraceContext::current().as_ref(), Some(&context.0));
        let header = headers.get("traceparent").map(|value| value.to_str().unwrap().to_owned());
        format!("{} {} {header:?}", context.trace_id(), context.traceparent())
    };
    let app = service(Router::new().route("/", get(seen)), &Metrics::default());

    let continued = ask(&app, "/", Some(PARENT)).await;
    assert!(continued.text().starts_with(TRACE), "{}", continued.text());
    assert!(!continued.text().contains("00f067aa0ba902b7"), "{}", continued.text());
    let own = continued.text().split(' ').nth(1).unwrap();
    assert!(continued.text().ends_with(&format!("Some(\"{own}\")")), "{}", continued.text());
    for not_valid in [None, Some("00-0-0-01")] {
        let begun = ask(&app, "/", not_valid).await;
        assert!(begun.text().len() > 32 && begun.text().ends_with("None"), "{}", begun.text());
        assert!(!begun.text().contains(TRACE));
    }
    let refused = ask(&app, "/none", Some(PARENT)).await;
    assert_eq!(refused.problem().trace_id.as_deref(), Some(TRACE));
    assert_eq!(ask(&app, "/none", None).await.problem().trace_id, None);
}

#[tokio::test]
async fn a_panic_and_a_client_that_left_are_counted_too() {
    let metrics = Metrics::default();
    let routes = Router::new()
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("on purpose")
                }
            }),
        )
        .route("/hang", get(|| async { pending::<()>().await }));
    let app = service(routes, &metrics);
    assert_eq!(ask(&app, "/panic", None).await.status, 500);
    let request = Request::get("/hang").body(Body::empty()).unwrap();
    let hangs = app.clone().oneshot(request);
    let mut hangs = Box::pin(hangs);
    tokio::select! { biased; _ = &mut hangs => panic!("it hangs"), () = async {} => {} }
    let flying = r#"http_requests_in_flight{service="tickets"} "#;
    assert!(metrics.to_text().contains(&format!("{flying}1")), "{}", metrics.to_text());
    drop(hangs);
    let text = metrics.to_text();
    assert!(text.contains(&format!("{flying}0")), "{text}");
    assert!(text.contains(r#"route="/panic",status="500"} 1"#), "{text}");
    assert!(text.contains(r#"route="/hang",status="499"} 1"#), "{text}");
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_line_within_a_request_has_both_ids() {
    crate::support::hear_everything();
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = fmt::layer()
        .fmt_fields(logs::JsonFields)
        .event_format(logs::Json)
        .with_writer(move || writer.clone());
    // Only warnings are asked for, and still the ids are there.
    let subscriber = tracing_subscriber::registry().with(LevelFilter::WARN).with(layer);
    let _guard = tracing::subscriber::set_default(subscriber);

    let routes = Router::new().route(
        "/",
        get(|id: axum::Extension<RequestId>| async move {
            tracing::warn!("from the handler");
            if id.as_uuid().is_nil() { "" } else { panic!("on purpose") }
        }),
    );
    // A layer of the service's own, which does its work when it is called.
    let own = MapRequestLayer::new(|request: Request<Body>| {
        let current = TraceContext::current().expect("a trace");
        tracing::warn!(current = current.trace_id(), "from a layer");
        request
    });
    let app = routes.layer((stack(&Metrics::default()), own));
    let id = ask(&app, "/", Some(PARENT)).await.headers["x-request-id"].clone();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["message"] == "from the handler"), "{text}");
    let of_layer = lines.iter().find(|line| line["message"] == "from a layer").unwrap();
    assert_eq!(of_layer["current"], TRACE, "{text}");
    assert!(lines.iter().any(|line| line["level"] == "ERROR"), "{text}");
    for line in &lines {
        assert_eq!(
            (&line["request_id"], &line["trace_id"]),
            (&id.to_str().unwrap().into(), &TRACE.into()),
            "{line}"
        );
    }
}
