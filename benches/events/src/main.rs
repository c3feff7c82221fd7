//! `cargo xtask bench events`: what events cost beside the raw client and raw SQL.
//!
//! Each figure has its reference from the same run, on the same private servers, in turns with ours.
//! With names of groups as arguments only these run:
//! `TICKETKIT_TEST_AMQP_URL=amqp://… target/release/bench-events consume`.

mod figures;
mod rabbitmq;
mod raw;

use std::error::Error;

use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// An event whose data is 512 bytes of JSON.
#[derive(Serialize, Deserialize, Event)]
#[event(subject = "bench.made", version = 1, key = "key")]
struct Made {
    key: u64,
    n: u64,
    text: String,
}

impl Made {
    fn new(key: u64, n: u64) -> Self {
        const SIZE: usize = 512;
        let empty = Self { key, n, text: String::new() };
        let used = serde_json::to_string(&empty).map_or(0, |json| json.len());
        Self { text: "x".repeat(SIZE.saturating_sub(used)), ..empty }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let runs = |group: &str| chosen.is_empty() || chosen.iter().any(|name| name == group);
    if runs("publish") {
        rabbitmq::publish().await?;
    }
    if runs("consume") {
        rabbitmq::consume().await?;
    }
    if runs("relay") {
        rabbitmq::relay().await?;
    }
    if runs("latency") {
        rabbitmq::latency().await?;
    }
    if runs("memory") {
        rabbitmq::memory().await?;
    }
    Ok(())
}
