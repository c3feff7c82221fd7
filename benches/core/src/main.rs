//! `cargo xtask bench core`: what the error contract costs a request.
//!
//! The same requests go to a bare axum router, to the same behind [`ErrorLayer`], and where it has a
//! counterpart to axum-problem. Nothing waits and nothing is sent: what differs is the layers.

mod errors;
mod requests;

use axum_problem::Problem as PeerProblem;
use ticketkit_bench::{Figure, compare, measure};
use ticketkit_core::{FieldError, Problem, client::RemoteError, error::Validation, respond};

/// What a successful request may cost more, in nanoseconds.
const ADDED: f64 = 300.0;

/// What rendering a problem with two field errors may cost, in nanoseconds.
const RENDERED: f64 = 1500.0;

fn main() {
    success();
    errors::compare_with_the_peer();
    rendering();
}

fn print(figure: &Figure) {
    println!("{figure}");
}

/// A request that succeeds, as it comes from a client and as a proxy sends it.
fn success() {
    for (name, headers) in [("success", requests::BARE), ("success-traced", requests::TRACED)] {
        let (ours, bare) = (requests::layered(), requests::router());
        let (ours, bare) = compare(
            || requests::send(&ours, "/tickets/1", headers),
            || requests::send(&bare, "/tickets/1", headers),
        );
        print(&Figure::new(name, ours, bare, "ns"));
        print(&Figure::at_most(format!("{name}-added"), ours - bare, ADDED, "ns"));
    }
    let (ours, bare) = (requests::layered_routes(), requests::router());
    let (ours, bare) = compare(
        || requests::send_to_router(&ours, "/tickets/1", requests::BARE),
        || requests::send_to_router(&bare, "/tickets/1", requests::BARE),
    );
    print(&Figure::new("success-router-layer", ours, bare, "ns"));
}

/// The document by itself.
fn rendering() {
    let mut rules = Validation::default();
    rules.add(FieldError::new("must be greater than 0").field("price").code("range"));
    rules.add(FieldError::new("must not be empty").field("title").code("length"));
    let ours = measure(|| Problem::of(&rules).to_json());
    print(&Figure::at_most("render-two-field-errors", ours, RENDERED, "ns"));
    let ours = measure(|| respond::<Vec<u8>>(&rules));
    print(&Figure::at_most("respond-two-field-errors", ours, RENDERED, "ns"));

    let (ours, peer) = compare(
        || respond::<axum_08::body::Body>(&errors::Ours::Reserved),
        || axum::response::IntoResponse::into_response(PeerProblem::new(409).title("Reserved")),
    );
    print(&Figure::new("respond-vs-axum-problem", ours, peer, "ns"));

    let response: http::Response<Vec<u8>> = respond(&rules);
    let (parts, body) = response.into_parts();
    let (ours, value) = compare(
        || RemoteError::from_parts(parts.status, &parts.headers, &body),
        || serde_json::from_slice::<serde_json::Value>(&body),
    );
    print(&Figure::new("client-parse-vs-serde-json-value", ours, value, "ns"));
}
