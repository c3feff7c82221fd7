//! What follows `{{ item.subject }}`, on the engine in memory.

use {{ project.snake }}_contracts::{{ item.event.pascal }};
{% if item.event.json %}
use serde_json::json;
{% endif %}
use ticketkit_events::{Causation, Envelope, Publisher, Timestamp};
{% if item.event.uuid %}
use uuid::Uuid;
{% endif %}

use crate::world::World;

fn sample() -> {{ item.event.pascal }} {
    {{ item.event.pascal }} «{ {% for field in item.event.fields %}{{ field.name }}: {{ field.event_value }}¦{% endfor %}»
}

#[tokio::test]
async fn it_is_handled_and_nothing_is_left_over() {
    let world = World::new().await;
    Publisher::new("{{ item.event.source }}").publish(&world.bus, &sample()).await.unwrap();
    world
        .eventually("it is handled", async || {
            let queues = world.bus.subscriptions().await.unwrap();
            queues.iter().all(|queue| queue.pending == 0 && queue.parked == 0)
        })
        .await;
}

#[tokio::test]
async fn what_can_never_be_handled_is_parked_at_once() {
    let world = World::new().await;
    let now = Timestamp::now();
    let mut envelope =↵ Envelope::new("{{ item.event.source }}", &sample(), now, Causation::default()).unwrap();
    envelope.data = "[]".to_owned();
    let published = world.bus.publish_envelopes(&[envelope]).await;
    assert!(published.iter().all(Result::is_ok));
    world
        .eventually("it is parked", async || {
            world.bus.subscriptions().await.unwrap().iter().any(|queue| queue.parked == 1)
        })
        .await;
}
