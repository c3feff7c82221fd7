//! What a collector gets, over a real socket.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, routing::get, routing::post};
use http::{HeaderMap, Request};
use ticketkit_core::{
    ErrorLayer,
    chassis::{
        HttpMetrics, Metrics, Shutdown, http as stack,
        otel::{Traces, consumer},
        serve::serve,
    },
    trace::TraceContext,
};
use tracing_subscriber::layer::SubscriberExt;

use crate::support::send;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

type Batches = Arc<Mutex<Vec<u8>>>;

async fn collector() -> (String, Batches) {
    let batches = Batches::default();
    let kept = batches.clone();
    let take = move |headers: HeaderMap, body: Bytes| async move {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        kept.lock().unwrap().extend_from_slice(&body);
    };
    let app = Router::new().route("/v1/traces", post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let shutdown = Shutdown::new();
    tokio::spawn(async move {
        serve(listener, app, &ErrorLayer::new("tickets"), &shutdown, Duration::ZERO).await
    });
    (address, batches)
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[tokio::test]
async fn a_request_is_a_span_of_its_callers_trace() {
    let (address, batches) = collector().await;
    let traces = Traces::to("tickets", &address).unwrap();
    let subscriber = tracing_subscriber::registry().with(vec![traces.layer()]);
    let guard = tracing::subscriber::set_default(subscriber);

    let handler = || async {
        tracing::info!("within the handler");
        TraceContext::current().unwrap().traceparent()
    };
    let routes = Router::new().route("/tickets/{id}", get(handler));
    let errors = ErrorLayer::new("tickets");
    let app =
        routes.layer(stack::Stack::new("tickets", errors, &HttpMetrics::new(&Metrics::default())));
    let ask = async |path: &str, flags: &str| {
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-{flags}");
        let request = Request::get(path).header("traceparent", parent);
        send(&app, request.header("host", "shop.example:8080"), "").await
    };
    let own = ask("/tickets/4711", "01").await;
    assert!(own.text().starts_with(&format!("00-{TRACE}-")) && own.text().ends_with("-01"));
    assert!(!own.text().contains("00f067aa0ba902b7"), "{}", own.text());
    let problem = send(&app, Request::get("/none"), "").await.problem();
    assert_eq!(problem.trace_id.map(|id| id.len()), Some(32));
    ask("/tickets/not-sampled", "00").await;
    drop(guard);
    traces.end(Duration::from_secs(10)).await.unwrap();

    let sent = batches.lock().unwrap().clone();
    let id: Vec<u8> =
        (0..16).map(|at| u8::from_str_radix(&TRACE[at * 2..at * 2 + 2], 16).unwrap()).collect();
    assert!(holds(&sent, &id), "another trace");
    let span_id = own.text().split('-').nth(2).unwrap();
    let span_id = u64::from_str_radix(span_id, 16).unwrap().to_be_bytes();
    assert!(holds(&sent, &span_id), "another span than the handler was told");
    for text in [
        "GET /tickets/{id}",
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "/tickets/4711",
        "shop.example",
        "service.name",
        "within the handler",
    ] {
        assert!(holds(&sent, text.as_bytes()), "no {text}: {}", String::from_utf8_lossy(&sent));
    }
    assert!(!holds(&sent, b"not-sampled"), "the caller did not want it to be recorded");
}

#[tokio::test]
async fn a_message_that_is_handled_is_a_span_of_its_trace() {
    let parent = TraceContext::parse(&format!("00-{TRACE}-00f067aa0ba902b7-01"), None).unwrap();
    assert_eq!(consumer(Some(&parent), "process order.created").1, None, "nothing is exported");
    let (address, batches) = collector().await;
    let traces = Traces::to("tickets", &address).unwrap();
    let subscriber = tracing_subscriber::registry().with(vec![traces.layer()]);
    let guard = tracing::subscriber::set_default(subscriber);
    let (span, own) = consumer(Some(&parent), "process order.created");
    let own = own.unwrap();
    assert_eq!((own.trace_id(), own.is_sampled()), (TRACE.to_owned(), true));
    assert_ne!(own.span_id(), parent.span_id());
    drop((span, guard));
    traces.end(Duration::from_secs(10)).await.unwrap();
    let sent = batches.lock().unwrap().clone();
    let id = u64::from_str_radix(&own.span_id(), 16).unwrap().to_be_bytes();
    assert!(holds(&sent, &id) && holds(&sent, b"process order.created"));
}

#[tokio::test]
async fn a_collector_that_is_none_is_refused_and_one_that_is_away_is_said() {
    for bad in ["", "127.0.0.1:4318", "https://collector:4318", "http://", "ftp://c"] {
        let error = Traces::to("tickets", bad).unwrap_err().to_string();
        assert!(error.contains(&format!("`{bad}`")) && error.contains("http://127"), "{error}");
    }
    let traces = Traces::to("tickets", "http://127.0.0.1:1").unwrap();
    let subscriber = tracing_subscriber::registry().with(vec![traces.layer()]);
    tracing::subscriber::with_default(subscriber, || drop(tracing::info_span!("lost").entered()));
    assert!(traces.end(Duration::from_secs(5)).await.is_err());
}
