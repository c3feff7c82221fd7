//! `cargo xtask bench auth`: what sessions cost a request, and how fast a ban is everywhere.
//!
//! - [`request`]: one request through the layer, beside the bare route and the bare signature check.
//! - [`throughput`]: an axum server on one thread, beside the same without the layer, and beside a
//!   middleware that verifies each request.
//! - [`view`]: a million live revocations.
//! - [`ban`]: from the commit of a ban to the refusal in six services, over RabbitMQ.
//!
//! With names of groups as arguments only these run.

mod ban;
mod processor;
mod request;
mod throughput;
mod view;

use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let runs = |group: &str| chosen.is_empty() || chosen.iter().any(|name| name == group);
    // First, while nothing else has left holes in the memory.
    if runs("view") {
        view::run();
    }
    if runs("request") {
        request::run();
    }
    if runs("throughput") {
        throughput::run()?;
    }
    if runs("ban") {
        ban::run()?;
    }
    Ok(())
}
