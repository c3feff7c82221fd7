//! `cargo xtask bench events`: what events cost beside the raw client and raw SQL.
//!
//! Each figure has its reference from the same run, on the same private servers, in turns with ours.
//! With names of groups as arguments only these run:
//! `TICKETKIT_TEST_AMQP_URL=amqp://… target/release/bench-events consume`.

mod figures;
mod rabbitmq;
mod sql;

use std::error::Error;

use serde::{Deserialize, Serialize};
use ticketkit_events::Event;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const GROUPS: [&str; 7] = ["publish", "consume", "relay", "latency", "outbox", "inbox", "memory"];

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
    if let Some(odd) = chosen.iter().find(|name| !GROUPS.contains(&name.as_str())) {
        return Err(format!("no group {odd:?}; there are: {}", GROUPS.join(", ")).into());
    }
    for group in GROUPS
        .into_iter()
        .filter(|&name| chosen.is_empty() || chosen.iter().any(|chosen| chosen == name))
    {
        match group {
            "publish" => rabbitmq::publish().await?,
            "consume" => rabbitmq::consume().await?,
            "relay" => rabbitmq::relay().await?,
            "latency" => rabbitmq::latency().await?,
            "outbox" => sql::outbox().await?,
            "inbox" => sql::inbox().await?,
            _ => rabbitmq::memory().await?,
        }
    }
    Ok(())
}
