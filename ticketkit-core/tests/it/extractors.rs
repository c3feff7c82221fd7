//! The extractors of axum: statuses, codes, fields, and the order of the checks.

use axum::{Router, body::Body, routing::post};
use http::Request;
use serde::{Deserialize, Serialize};
use ticketkit_core::{
    ErrorLayer, FieldError, ServiceError,
    axum::{BODY_LIMIT, Json, MaybeJson, PathId, Query},
    error::{NotFound, Validation},
};

use crate::support::{Answer, send};

#[derive(Debug, Serialize, Deserialize)]
struct Ticket {
    title: String,
    price: i64,
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
}

async fn create(id: PathId<u32>, Json(ticket): Json<Ticket>) -> Result<Json<Ticket>, Error> {
    let mut rules = Validation::default();
    rules.check(ticket.price > 0, || FieldError::new("must be positive").field("price"));
    rules.check(!ticket.title.is_empty(), || FieldError::new("must not be empty").field("title"));
    rules.finish()?;
    id.parse()?;
    Ok(Json(ticket))
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Limit {
    limit: Option<u8>,
}

fn app() -> Router {
    Router::new()
        .route("/tickets/{id}", post(create))
        .route("/list", post(|Query(limit): Query<Limit>| async { Json(limit) }))
        .route("/maybe", post(|MaybeJson(limit): MaybeJson<Limit>| async { Json(limit) }))
        .layer(ErrorLayer::new("tickets"))
}

async fn post_json(path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    send(&app(), request, body).await
}

#[tokio::test]
async fn a_body_is_refused_by_the_table() {
    for (body, status, code) in [
        ("{", 400, "malformed_json"),
        (r#"{"title":"a"}"#, 400, "malformed_body"),
        (r#"["a",1]"#, 400, "malformed_body"),
        (r#"{"title":"","price":0}"#, 422, "validation_failed"),
        (r#"{"title":"a","price":1,"more":true}"#, 200, ""),
    ] {
        let answer = post_json("/tickets/1", body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        if status != 200 {
            assert_eq!(answer.problem().code.as_str(), code, "{body}");
        }
    }
    assert_eq!(
        post_json("/tickets/1", r#"{"title":"","price":0}"#).await.problem().errors.len(),
        2
    );
}

#[tokio::test]
async fn the_content_type_is_judged_before_the_body() {
    for kind in [None, Some("text/plain"), Some("application/jsonx"), Some("")] {
        let mut request = Request::post("/tickets/1");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer = send(&app(), request, "{").await;
        assert_eq!(answer.problem().code.as_str(), "unsupported_media_type", "{kind:?}");
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/ld+json"] {
        let request = Request::post("/tickets/1").header("content-type", kind);
        assert_eq!(send(&app(), request, "{").await.problem().code.as_str(), "malformed_json");
    }
}

#[tokio::test]
async fn a_long_body_is_refused_announced_or_not() {
    let fits = format!(r#"{{"title":"{}","price":1}}"#, "a".repeat(BODY_LIMIT - 24));
    assert!(fits.len() <= BODY_LIMIT && fits.len() > BODY_LIMIT - 10);
    assert_eq!(post_json("/tickets/1", fits).await.status, 200);
    let long = "a".repeat(BODY_LIMIT + 1);
    assert_eq!(post_json("/tickets/1", long.clone()).await.problem().status, 413);
    let chunks = long.as_bytes().chunks(1000).map(|c| Ok::<_, std::io::Error>(c.to_vec()));
    let streamed = Body::from_stream(futures_util::stream::iter(chunks.collect::<Vec<_>>()));
    assert_eq!(post_json("/tickets/1", streamed).await.problem().status, 413);
}

#[tokio::test]
async fn the_limit_of_a_layer_further_out_is_a_413_too() {
    let outer = axum::middleware::map_request(|request: Request<Body>| async {
        request.map(|body| Body::new(http_body_util::Limited::new(body, 10)))
    });
    let app = app().layer(outer);
    let request = Request::post("/tickets/1").header("content-type", "application/json");
    let answer = send(&app, request, r#"{"title":"a","price":1}"#).await;
    assert_eq!(answer.problem().code.as_str(), "payload_too_large");
}

#[tokio::test]
async fn the_body_is_judged_before_the_object() {
    assert_eq!(post_json("/tickets/x", "{").await.problem().code.as_str(), "malformed_json");
    for id in ["x", "-1", "%ff", "4294967296"] {
        let path = format!("/tickets/{id}");
        let answer = post_json(&path, r#"{"title":"a","price":1}"#).await;
        assert_eq!(answer.problem().code.as_str(), "not_found", "{id}");
    }
}

#[tokio::test]
async fn a_query_is_refused_with_the_name_of_the_parameter() {
    let problem = send(&app(), Request::post("/list?limit=x"), "").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (422, "validation_failed"));
    assert!(problem.error_of("limit").is_some());
}

#[tokio::test]
async fn a_body_may_be_left_out_only_whole() {
    assert_eq!(send(&app(), Request::post("/maybe"), Body::empty()).await.status, 200);
    assert_eq!(post_json("/maybe", "{}").await.status, 200);
    assert_eq!(send(&app(), Request::post("/maybe"), "{}").await.problem().status, 415);
}
