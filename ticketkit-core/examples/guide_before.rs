//! The service that the guide begins with: axum as everybody writes it.

// ANCHOR: all
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

type Store = Arc<Mutex<HashMap<u64, Ticket>>>;

#[derive(Clone, Serialize, Deserialize)]
struct Ticket {
    title: String,
    price: i64,
}

#[derive(Deserialize)]
struct Search {
    limit: Option<usize>,
}

enum Error {
    NotFound,
    Invalid(String),
    Poisoned(String),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Invalid(what) => (StatusCode::BAD_REQUEST, what).into_response(),
            Self::Poisoned(what) => (StatusCode::INTERNAL_SERVER_ERROR, what).into_response(),
        }
    }
}

async fn create(
    State(store): State<Store>,
    Json(ticket): Json<Ticket>,
) -> Result<StatusCode, Error> {
    if ticket.title.is_empty() {
        return Err(Error::Invalid("title must not be empty".into()));
    }
    if ticket.price <= 0 {
        return Err(Error::Invalid("price must be positive".into()));
    }
    let mut tickets = store.lock().map_err(|e| Error::Poisoned(e.to_string()))?;
    let id = tickets.len() as u64 + 1;
    tickets.insert(id, ticket);
    Ok(StatusCode::CREATED)
}

async fn show(State(store): State<Store>, Path(id): Path<u64>) -> Result<Json<Ticket>, Error> {
    let tickets = store.lock().map_err(|e| Error::Poisoned(e.to_string()))?;
    tickets.get(&id).cloned().map(Json).ok_or(Error::NotFound)
}

async fn list(
    State(store): State<Store>,
    Query(search): Query<Search>,
) -> Result<Json<Vec<Ticket>>, Error> {
    let tickets = store.lock().map_err(|e| Error::Poisoned(e.to_string()))?;
    Ok(Json(tickets.values().take(search.limit.unwrap_or(20)).cloned().collect()))
}

fn app() -> Router {
    Router::new()
        .route("/api/tickets", post(create).get(list))
        .route("/api/tickets/{id}", get(show))
        .with_state(Store::default())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app()).await
}
// ANCHOR_END: all
