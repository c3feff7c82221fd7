//! The same two errors, ours and axum-problem's.

use axum_08::{Router, routing::get};
use axum_problem::AxumProblem;
use ticketkit_bench::{Figure, compare, ready};
use ticketkit_core::{ErrorLayer, ServiceError};
use tower::{Layer, Service};

use crate::requests::{BARE, request, send};

#[derive(Debug, thiserror::Error, ServiceError)]
pub enum Ours {
    #[error("ticket is reserved")]
    #[problem(status = 409, code = "ticket_reserved", detail = "Someone else is buying it.")]
    Reserved,
    #[error("no ticket {0}")]
    #[problem(status = 404, code = "not_found", detail)]
    Missing(u64),
}

#[derive(Debug, thiserror::Error, AxumProblem)]
pub enum Theirs {
    #[error("Someone else is buying it.")]
    #[problem(status = 409)]
    Reserved,
    #[error("no ticket {0}")]
    #[problem(status = 404)]
    Missing(u64),
}

/// A request that a handler refuses: with an id, a code, a service and the log's line on our side,
/// with title, status and detail on theirs.
pub fn compare_with_the_peer() {
    let ours = Router::new()
        .route("/reserved", get(|| async { Err::<(), _>(Ours::Reserved) }))
        .route("/missing", get(|| async { Err::<(), _>(Ours::Missing(7)) }));
    let ours = ErrorLayer::new("tickets").layer(ours);
    let theirs = axum::Router::new()
        .route("/reserved", axum::routing::get(|| async { Err::<(), _>(Theirs::Reserved) }))
        .route("/missing", axum::routing::get(|| async { Err::<(), _>(Theirs::Missing(7)) }));
    for path in ["/reserved", "/missing"] {
        let (ours, theirs) = compare(
            || send(&ours, path, BARE),
            || {
                let request = request(path, BARE).map(|_| axum::body::Body::empty());
                ready(theirs.clone().call(request))
            },
        );
        let name = format!("refused{}-vs-axum-problem", path.replace('/', "-"));
        println!("{}", Figure::new(name, ours, theirs, "ns"));
    }
}
