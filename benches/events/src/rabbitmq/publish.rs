//! Publishing from 200 tasks, each awaiting its confirm, beside 200 publishes of the same
//! messages driven together.

use std::time::Instant;

use lapin::BasicProperties;
use ticketkit_bench::Figure;
use ticketkit_events::{PublishError, Publisher};
use tokio::task::JoinSet;

use super::{KIND, TASKS, bare, bus, prefix, raw::Raw, url, whole};
use crate::{
    Made, Result,
    figures::{compare, rate},
};

pub(crate) async fn publish() -> Result<()> {
    const BLOCKS: usize = 7;
    const COUNT: u64 = 20_000;
    let prefix = prefix("publish");
    let bus = bus(&prefix).await?;
    let raw = Raw::open(&url()?, &prefix, KIND).await?;
    let publisher = Publisher::new("bench");
    let ((bare, _), (whole, body)) = (bare(), whole());
    let ours = async || {
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (bus, publisher) = (bus.clone(), publisher.clone());
            tasks.spawn(async move {
                let mut event = Made::new(task, 0);
                while event.n < COUNT / TASKS {
                    publisher.publish(&bus, &event).await?;
                    event.n += 1;
                }
                Ok::<_, PublishError>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(rate(COUNT, begun))
    };
    let raw_of = async |properties: &BasicProperties| {
        raw.publish(KIND, body.as_bytes(), properties, COUNT, TASKS as usize).await
    };
    let before = async || raw.purge().await;
    let (ours, reference) = compare(BLOCKS, before, ours, async || raw_of(&whole).await).await?;
    println!("{}", Figure::at_least("publish", ours, reference, 0.9, "events/s"));
    // What the attributes cost the client and the broker, whoever sends them.
    let (with, without) =
        compare(BLOCKS, before, async || raw_of(&whole).await, async || raw_of(&bare).await)
            .await?;
    println!("{}", Figure::new("raw-publish-with-attributes", with, without, "events/s"));
    raw.close().await
}
