//! The service of the guide, at its end: `docs/src/guide-axum.md`.

// ANCHOR: imports
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use ticketkit_core::{
    ErrorLayer, ServiceError,
    axum::{Json, PathId, Query, Valid},
    error::NotFound,
};
// ANCHOR_END: imports

// ANCHOR: types
#[derive(Clone, Serialize, Deserialize, Validate)]
struct Ticket {
    #[garde(length(min = 1, max = 200))]
    title: String,
    #[garde(range(min = 1))]
    price: i64,
}

#[derive(Deserialize, Validate)]
struct Search {
    #[garde(range(min = 1, max = 100))]
    limit: Option<usize>,
}
// ANCHOR_END: types

// ANCHOR: errors
#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error("ticket {0} is sold")]
    #[problem(status = 409, code = "ticket_sold", detail = "Someone else was quicker.")]
    Sold(u64),
    #[error("the store is poisoned")]
    #[problem(internal)]
    Poisoned,
}

impl<T> From<PoisonError<T>> for Error {
    fn from(_: PoisonError<T>) -> Self {
        Self::Poisoned
    }
}
// ANCHOR_END: errors

type Store = Arc<Mutex<HashMap<u64, Ticket>>>;

// ANCHOR: handlers
async fn create(
    State(store): State<Store>,
    Valid(Json(ticket)): Valid<Json<Ticket>>,
) -> Result<StatusCode, Error> {
    let mut tickets = store.lock()?;
    let id = tickets.len() as u64 + 1;
    tickets.insert(id, ticket);
    Ok(StatusCode::CREATED)
}

async fn show(State(store): State<Store>, id: PathId<u64>) -> Result<Json<Ticket>, Error> {
    let id = id.parse()?;
    let tickets = store.lock()?;
    Ok(Json(tickets.get(&id).cloned().ok_or(NotFound)?))
}

async fn list(
    State(store): State<Store>,
    Valid(Query(search)): Valid<Query<Search>>,
) -> Result<Json<Vec<Ticket>>, Error> {
    let tickets = store.lock()?;
    Ok(Json(tickets.values().take(search.limit.unwrap_or(20)).cloned().collect()))
}

async fn buy(State(store): State<Store>, id: PathId<u64>) -> Result<StatusCode, Error> {
    let id = id.parse()?;
    // There is one of each ticket here, and it's always too late.
    if store.lock()?.contains_key(&id) { Err(Error::Sold(id)) } else { Err(NotFound.into()) }
}
// ANCHOR_END: handlers

// ANCHOR: router
pub(crate) fn app() -> Router {
    Router::new()
        .route("/api/tickets", post(create).get(list))
        .route("/api/tickets/{id}", get(show))
        .route("/api/tickets/{id}/orders", post(buy))
        .with_state(Store::default())
        .layer(ErrorLayer::new("tickets"))
}
// ANCHOR_END: router

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app()).await
}

// ANCHOR: test
#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use ticketkit_core::catalogue::{Catalogue, Coverage};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn the_catalogue_is_what_the_service_answers() {
        let catalogue = Catalogue::new("tickets").with::<Error>();
        let coverage = Coverage::of(catalogue).except(["internal"]);
        let app = app();
        let ticket = r#"{"title": "Concert", "price": 5000}"#;
        let created = Request::post("/api/tickets").header("content-type", "application/json");
        app.clone().oneshot(created.body(Body::from(ticket)).unwrap()).await.unwrap();
        for path in ["/api/tickets/1/orders", "/api/tickets/2/orders"] {
            let request = Request::post(path).body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            coverage.observe(&to_bytes(answer.into_body(), 65536).await.unwrap()).unwrap();
        }
        coverage.check().unwrap();
    }
}
// ANCHOR_END: test
