//! What comes as an error of the inner service, and what the layer must leave alone.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    response::IntoResponse,
    routing::{get, post},
};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use ticketkit_core::{
    ErrorLayer, Problem, RequestId, ServiceError,
    error::{NotFound, RateLimited, Unavailable},
    respond,
};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{get as fetch, hear_everything, send};

type Answer = Response<Vec<u8>>;

async fn ask(
    layer: ErrorLayer,
    inner: impl Service<Request<()>, Response = Answer, Error = BoxError>,
) -> (Answer, Problem) {
    let response = layer.layer(inner).oneshot(Request::new(())).await.unwrap();
    let problem = Problem::parse(response.body()).unwrap();
    assert_eq!(problem.status, response.status().as_u16());
    (response, problem)
}

async fn failing(layer: ErrorLayer, error: impl Into<BoxError>) -> (Answer, Problem) {
    let mut error = Some(error.into());
    ask(layer, service_fn(move |_| std::future::ready(Err(error.take().unwrap())))).await
}

fn layer() -> ErrorLayer {
    ErrorLayer::new("tickets")
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_tower_is_504() {
    let never = service_fn(|_: Request<()>| std::future::pending::<Result<Answer, Infallible>>());
    let inner = ServiceBuilder::new().timeout(Duration::from_secs(1)).service(never);
    let (_, problem) = ask(layer(), inner).await;
    assert_eq!((problem.status, problem.code.as_str()), (504, "timeout"));
}

#[tokio::test]
async fn a_shed_load_is_503_with_retry_after() {
    #[derive(Clone)]
    struct Busy;
    impl Service<Request<()>> for Busy {
        type Response = Answer;
        type Error = Infallible;
        type Future = std::future::Pending<Result<Answer, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Pending
        }
        fn call(&mut self, _: Request<()>) -> Self::Future {
            std::future::pending()
        }
    }
    let busy = ServiceBuilder::new().load_shed().service(Busy);
    let (response, problem) = ask(layer(), busy).await;
    assert_eq!((problem.status, problem.code.as_str()), (503, "unavailable"));
    assert!(response.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let body = http_body_util::Limited::new(Body::from("too long"), 2);
    let error = body.collect().await.unwrap_err();
    let (_, problem) = failing(layer(), error).await;
    assert_eq!((problem.status, problem.code.as_str()), (413, "payload_too_large"));
}

#[tokio::test]
async fn errors_that_are_known_answer_for_themselves_and_others_say_nothing() {
    #[derive(Debug, thiserror::Error)]
    #[error("the pool is empty")]
    struct Empty;
    #[derive(Debug, thiserror::Error)]
    #[error("wrapped")]
    struct Wrapped<E: std::error::Error + 'static>(#[source] E);
    #[derive(Debug, thiserror::Error, ServiceError)]
    #[error("sold")]
    #[problem(status = 409)]
    struct Sold;

    let translate = || layer().translate(|_: &Empty| Unavailable { retry_after: 7 });
    let (response, problem) = failing(translate(), Wrapped(Empty)).await;
    assert_eq!(problem.status, 503);
    assert_eq!(response.headers()[header::RETRY_AFTER], "7");
    assert_eq!(failing(layer().recognise::<Sold>(), Wrapped(Sold)).await.1.code.as_str(), "sold");
    assert_eq!(failing(layer(), RateLimited { retry_after: 1 }).await.1.status, 429);

    // Somebody else's 404, deep inside, is not this service's.
    assert_eq!(failing(layer(), Wrapped(NotFound)).await.1.code.as_str(), "internal");
    assert_eq!(failing(layer(), Wrapped(Sold)).await.1.code.as_str(), "internal");
    assert_eq!(failing(layer(), Empty).await.1.code.as_str(), "internal");
}

#[tokio::test]
async fn a_layer_that_is_built_further_from_a_clone_says_more_and_the_first_stays_as_it_is() {
    let first = layer();
    let further = first.clone().type_base("https://example.com/").recognise::<NotFound>();
    let of = async |layer| failing(layer, NotFound).await.1.type_uri;
    assert_eq!(of(further).await, "https://example.com/not-found");
    assert_eq!(of(first).await, "https://ticketkit.dev/problems/not-found");
}

#[tokio::test]
async fn a_service_that_is_not_ready_is_not_called_and_its_error_answers() {
    #[derive(Clone)]
    struct Broken;
    impl Service<Request<()>> for Broken {
        type Response = Answer;
        type Error = BoxError;
        type Future = std::future::Ready<Result<Answer, BoxError>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Err(Unavailable { retry_after: 3 }.into()))
        }
        fn call(&mut self, _: Request<()>) -> Self::Future {
            panic!("called although it failed to become ready")
        }
    }
    let (response, problem) = ask(layer(), Broken).await;
    assert_eq!(problem.code.as_str(), "unavailable");
    assert_eq!(response.headers()[header::RETRY_AFTER], "3");
}

#[tokio::test]
async fn the_answer_to_head_has_the_headers_and_no_body() {
    let app = Router::new()
        .route("/taken", get(|| async { NotFound.into_response() }))
        .layer(ErrorLayer::new("tickets"));
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for path in ["/taken", "/nowhere"] {
        let ask = |method| Request::builder().method(method).uri(path).header("x-request-id", id);
        let full = send(&app, ask(Method::GET), Body::empty()).await;
        let head = send(&app, ask(Method::HEAD), Body::empty()).await;
        assert_eq!((head.status, head.text()), (full.status, ""));
        assert_eq!(head.headers["content-type"], "application/problem+json");
        assert_eq!(head.headers["content-length"], full.body.len().to_string().as_str());
    }
}

#[tokio::test]
async fn a_client_of_grpc_gets_a_status_of_grpc() {
    let app = Router::new()
        .route("/p.S/M", post(|| async { panic!("on purpose") as () }))
        .route("/p.S/Limited", post(|| async { RateLimited { retry_after: 7 }.into_response() }))
        .layer(ErrorLayer::new("tickets"));
    let call = |path| Request::post(path).header("content-type", "application/grpc+proto");
    for (path, status, message) in [
        ("/p.S/M", "13", "internal"),
        ("/p.S/Limited", "8", "rate_limited"),
        ("/p.S/None", "5", "not_found"),
    ] {
        let answer = send(&app, call(path).header("te", "trailers"), Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, ""), "{path}");
        assert_eq!(answer.headers["grpc-status"], status, "{path}");
        assert_eq!(answer.headers["grpc-message"], message, "{path}");
        assert_eq!(answer.headers["content-type"], "application/grpc");
        assert_eq!(answer.headers.contains_key("retry-after"), path == "/p.S/Limited");
    }
    // A body that only says that it is one of gRPC is one that is refused.
    let answer = send(&app, call("/p.S/Limited"), Body::empty()).await;
    assert_eq!(answer.problem().code.as_str(), "rate_limited");
    let web = Request::post("/p.S/Limited").header("content-type", "application/grpc-web+proto");
    assert_eq!(send(&app, web, Body::empty()).await.headers["grpc-status"], "8");
    // The client's word alone does not make a body one of gRPC: a foreign one is replaced.
    let request = Request::get("/nowhere").header("content-type", "application/grpc");
    assert_eq!(send(&app, request, Body::empty()).await.problem().status, 404);
}

#[tokio::test]
async fn what_is_below_400_passes_whole() {
    for status in [101, 103, 200, 204, 206, 301, 304] {
        let status = StatusCode::from_u16(status).unwrap();
        let app = Router::new()
            .fallback(move || async move { (status, [("etag", "\"1\"")], "body") })
            .layer(ErrorLayer::new("tickets"));
        let answer = fetch(&app, "/").await;
        assert_eq!((answer.status, &answer.headers["etag"]), (status, &"\"1\"".parse().unwrap()));
    }
}

/// A body that brings one frame, then fails or panics.
struct Streamed {
    frames: u8,
    panics: bool,
}

impl http_body::Body for Streamed {
    type Data = axum::body::Bytes;
    type Error = BoxError;
    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, BoxError>>> {
        self.frames += 1;
        Poll::Ready(Some(match self.frames {
            1 => Ok(http_body::Frame::data("first".into())),
            _ if self.panics => panic!("canary-panic"),
            _ => Err("canary-error".into()),
        }))
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_logged_and_ends_with_an_error() {
    for (panics, cause) in [(true, "canary-panic"), (false, "canary-error")] {
        hear_everything();
        let lines = Lines::default();
        let seen = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || seen.clone()).finish();
        let _default = tracing::subscriber::set_default(subscriber);
        let app = Router::new()
            .route("/", get(move || async move { Body::new(Streamed { frames: 0, panics }) }))
            .layer(ErrorLayer::new("tickets"));
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let mut body = pin!(response.into_body());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
        let error = body.frame().await.unwrap().unwrap_err();
        assert!(!format!("{error:?}").contains("canary"));
        assert!(body.frame().await.is_none());
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(cause) && text.contains(&id), "{text}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_document_made_within_the_layer_is_whole_at_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let inner = seen.clone();
    let service = layer().layer(service_fn(move |request: Request<()>| {
        let id = *request.extensions().get::<RequestId>().unwrap();
        let inner = inner.clone();
        async move {
            let response: Answer = respond(&NotFound);
            inner.lock().unwrap().extend_from_slice(response.body());
            tokio::task::yield_now().await;
            let late: Answer = respond(&NotFound);
            assert!(String::from_utf8_lossy(late.body()).contains(&id.to_string()));
            Ok::<_, Infallible>(response)
        }
    }));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), *response.body());
    assert_eq!(Problem::parse(response.body()).unwrap().service.as_deref(), Some("tickets"));
    // Outside of a layer nothing is left of it.
    let alone: Answer = respond(&NotFound);
    assert_eq!(Problem::parse(alone.body()).unwrap().instance, None);
}

#[tokio::test]
async fn errors_are_logged_as_loudly_as_they_say() {
    #[derive(Debug, thiserror::Error, ServiceError)]
    enum Error {
        #[error("loud-cause")]
        #[problem(status = 409, log = "warn")]
        Loud,
        #[error("quiet-cause")]
        #[problem(internal, log = "trace")]
        Quiet,
    }
    hear_everything();
    let lines = Lines::default();
    let seen = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || seen.clone()).finish();
    let _default = tracing::subscriber::set_default(subscriber);
    for error in [Error::Loud, Error::Quiet] {
        failing(layer().recognise::<Error>(), error).await;
    }
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("WARN") && text.contains("loud-cause"), "{text}");
    assert!(!text.contains("quiet-cause"), "{text}");
}

#[tokio::test]
async fn the_trace_id_is_told_only_of_a_valid_trace() {
    let app = Router::new().layer(ErrorLayer::new("tickets"));
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    for (parent, told) in [
        (format!("00-{id}-00f067aa0ba902b7-01"), true),
        (format!("00-{id}-00f067aa0ba902b7"), false),
        (format!("00-{id}-0000000000000000-01"), false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01".to_owned(), false),
        ("canary".to_owned(), false),
    ] {
        let request = Request::get("/").header("traceparent", &parent);
        let problem = send(&app, request, Body::empty()).await.problem();
        assert_eq!(problem.trace_id.as_deref(), told.then_some(id), "{parent}");
    }
}
