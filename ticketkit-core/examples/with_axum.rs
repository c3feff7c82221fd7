//! A service of axum that answers every error by the contract.
//!
//! ```sh
//! cargo run -p ticketkit-core --example with_axum --features axum,garde
//! curl -i localhost:3000/api/tickets -H 'content-type: application/json' -d '{"title": ""}'
//! ```

use axum::{
    Router,
    routing::{get, post},
};
use garde::Validate;
use serde::Deserialize;
use ticketkit_core::{
    ErrorLayer, ServiceError,
    axum::{Json, Valid},
    error::RateLimited,
};

#[derive(Debug, thiserror::Error, ServiceError)]
enum TicketError {
    #[error("ticket {0} is reserved")]
    #[problem(status = 409, code = "ticket_reserved", detail = "Someone else is buying it.")]
    Reserved(u64),
    #[error("cannot read the store")]
    #[problem(internal)]
    Store(#[from] std::io::Error),
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct NewTicket {
    #[garde(length(min = 1, max = 200))]
    title: String,
    #[garde(range(min = 1))]
    unit_price: i64,
}

async fn create(Valid(Json(ticket)): Valid<Json<NewTicket>>) -> String {
    format!("{} for {}", ticket.title, ticket.unit_price)
}

async fn order() -> Result<(), TicketError> {
    Err(TicketError::Reserved(7))
}

async fn sign_in() -> Result<(), RateLimited> {
    Err(RateLimited { retry_after: 30 })
}

async fn report() -> Result<(), TicketError> {
    Err(std::io::Error::other("db-7.internal is gone"))?
}

async fn bug() {
    panic!("db-7.internal is gone");
}

/// The routes, with the layer outermost.
pub(crate) fn app() -> Router {
    Router::new()
        .route("/api/tickets", post(create))
        .route("/api/tickets/{id}/orders", post(order))
        .route("/api/signin", post(sign_in))
        .route("/api/report", get(report))
        .route("/api/bug", get(bug))
        .layer(ErrorLayer::new("tickets"))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app()).await
}
