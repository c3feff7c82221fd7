//! A text that is planted wherever something internal can be, and must reach no client.
//!
//! Here are the errors of handlers and of services; [`around`] has what stands around them. Beside
//! this, each framework answers the golden cases, which have the text in them, too.

mod around;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use proptest::prelude::*;
use ticketkit_core::{
    ErrorLayer, ServiceError,
    client::RemoteError,
    error::{Internal, UpstreamFailed},
};
use tower::{BoxError, Layer, ServiceExt, service_fn};

#[derive(Debug, thiserror::Error, ServiceError)]
enum Leaky {
    #[error("cannot read {0}")]
    #[problem(internal)]
    Internal(String),
    #[error("{secret}")]
    #[problem(status = 409, detail = "Try {attempts} more times.", header("x-attempts" = attempts))]
    Refused { attempts: u8, secret: String, source: std::io::Error },
    #[error(transparent)]
    #[problem(status = 503, retry_after = 1u8)]
    Down(#[from] std::io::Error),
    #[error(transparent)]
    #[problem(transparent)]
    Nested(#[from] Internal),
}

/// The places where something internal can be.
#[derive(Debug, Clone, Copy)]
enum Place {
    Source,
    Display,
    Fields,
    Nested,
    Panic,
    PanicOfString,
    ForeignBody(u16),
    ForeignJson(u16),
    ForeignHeaders(u16),
    Upstream,
    UpstreamProblem,
    ServiceError,
    ServicePanic,
    Reason,
}

const PLACES: &[Place] = &[
    Place::Source,
    Place::Display,
    Place::Fields,
    Place::Nested,
    Place::Panic,
    Place::PanicOfString,
    Place::ForeignBody(400),
    Place::ForeignBody(404),
    Place::ForeignBody(500),
    Place::ForeignJson(422),
    Place::ForeignJson(502),
    Place::ForeignHeaders(404),
    Place::ForeignHeaders(503),
    Place::Upstream,
    Place::UpstreamProblem,
    Place::ServiceError,
    Place::ServicePanic,
    Place::Reason,
];

/// The headers that describe a body, and may quote it.
const DESCRIBING: &[&str] = &[
    "content-type",
    "content-language",
    "content-disposition",
    "content-location",
    "content-encoding",
    "content-digest",
    "content-md5",
    "digest",
    "repr-digest",
    "etag",
    "last-modified",
    "expires",
    "cache-control",
    "trailer",
    "warning",
    "signature",
    "signature-input",
];

async fn plant(State((place, canary)): State<(Place, Arc<str>)>) -> Response {
    let io = || std::io::Error::other(canary.to_string());
    match place {
        Place::Source => Leaky::Down(io()).into_response(),
        Place::Display => Leaky::Internal(canary.to_string()).into_response(),
        Place::Fields => {
            let secret = canary.to_string();
            Leaky::Refused { attempts: 3, secret, source: io() }.into_response()
        }
        Place::Nested => Leaky::Nested(Internal::new(io())).into_response(),
        Place::Panic => std::panic::panic_any(canary.to_string()),
        Place::PanicOfString => panic!("{canary}"),
        Place::ForeignBody(status) => {
            (StatusCode::from_u16(status).unwrap(), canary.to_string()).into_response()
        }
        Place::ForeignJson(status) => {
            let body = axum::Json(serde_json::json!({ "detail": &*canary, "code": "x" }));
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Place::ForeignHeaders(status) => {
            let mut response = StatusCode::from_u16(status).unwrap().into_response();
            for name in DESCRIBING {
                let value = HeaderValue::from_str(&canary).unwrap();
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
            response
        }
        Place::Upstream => {
            let body = canary.as_bytes();
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            let error = RemoteError::from_parts(status, &http::HeaderMap::new(), body).unwrap();
            error.upstream().into_response()
        }
        Place::UpstreamProblem => UpstreamFailed::new(io()).into_response(),
        Place::Reason => {
            let mut response = StatusCode::IM_A_TEAPOT.into_response();
            *response.body_mut() = Body::new(axum::body::Body::from(canary.to_string()));
            response
        }
        Place::ServiceError | Place::ServicePanic => unreachable!("has no handler"),
    }
}

fn layer() -> ErrorLayer {
    ErrorLayer::new("tickets").pages(["/api"], |p| format!("<p>{p:?}</p>"))
}

fn request(accept: &str) -> Request {
    Request::get("/").header(header::ACCEPT, accept).body(Body::empty()).unwrap()
}

/// Everything that a client can read of a response, as far as it goes.
async fn bytes(response: Response) -> String {
    let (parts, mut body) = response.into_parts();
    let mut text = format!("{parts:?}\n");
    while let Some(Ok(frame)) = body.frame().await {
        text.push_str(&format!("{:?}", frame.trailers_ref()));
        text.push_str(&String::from_utf8_lossy(&frame.into_data().unwrap_or_default()));
    }
    text
}

async fn answer(place: Place, canary: &str, accept: &str) -> String {
    let canary: Arc<str> = canary.into();
    let (layer, request) = (layer(), request(accept));
    let response: Response = match place {
        Place::ServiceError => {
            let error: BoxError = canary.to_string().into();
            let mut error = Some(error);
            let inner = service_fn(move |_: Request| {
                std::future::ready(Err::<Response, _>(error.take().unwrap()))
            });
            layer.layer(inner).oneshot(request).await.unwrap()
        }
        Place::ServicePanic => {
            let inner =
                service_fn(move |_: Request| -> std::future::Ready<Result<Response, BoxError>> {
                    panic!("{canary}")
                });
            layer.layer(inner).oneshot(request).await.unwrap()
        }
        _ => {
            let app = Router::new().fallback(plant).with_state((place, canary)).layer(layer);
            app.oneshot(request).await.unwrap()
        }
    };
    bytes(response).await
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// All places, by document and by page.
    #[test]
    fn nothing_internal_reaches_a_client(word in "[a-z0-9]{16}") {
        let canary = format!("canary-{word}");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for place in PLACES {
            for accept in ["*/*", "text/html"] {
                let bytes = runtime.block_on(answer(*place, &canary, accept));
                prop_assert!(!bytes.contains(&canary), "{:?}: {}", place, bytes);
            }
        }
        for (name, answer) in around::PLACES {
            for accept in ["*/*", "text/html"] {
                let bytes = runtime.block_on(async {
                    bytes(answer(&canary, &layer(), request(accept)).await).await
                });
                prop_assert!(!bytes.contains(&canary), "{}: {}", name, bytes);
            }
        }
    }
}

/// The property can fail: what an author makes public does reach the client.
#[tokio::test]
async fn what_is_public_is_found() {
    #[derive(Debug, thiserror::Error, ServiceError)]
    #[error("{0}")]
    #[problem(status = 409, detail)]
    struct Public(String);

    let response = Public("canary-public".to_owned()).into_response();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("canary-public"));
}

/// Each place answers as it should for what is planted there, and not because it is never reached.
#[tokio::test]
async fn the_places_around_are_reached() {
    let mut seen = String::new();
    for (name, answer) in around::PLACES {
        let answer = answer("canary", &layer(), request("*/*")).await;
        let text = bytes(answer).await;
        let code = text.split(r#""code":""#).nth(1).and_then(|rest| rest.split('"').next());
        let status = text.split("status: ").nth(1).and_then(|rest| rest.split(',').next());
        seen.push_str(&format!("{name}: {} {}\n", status.unwrap(), code.unwrap_or("-")));
    }
    insta::assert_snapshot!(seen);
}
