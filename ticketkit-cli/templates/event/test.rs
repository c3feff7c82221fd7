//! `{{ item.subject }}` is told when its transaction commits, and only then.

use std::sync::{Arc, Mutex};

use {{ project.snake }}_contracts::{{ item.pascal }};
{% if item.json %}
use serde_json::json;
{% endif %}
use ticketkit_events::{HandlerError, State, Subscription{% if item.time %}, Timestamp{% endif %}};
{% if item.uuid %}
use uuid::Uuid;
{% endif %}

use crate::world::World;

type Heard = Arc<Mutex<Vec<{{ item.pascal }}>>>;

async fn hear(«event: {{ item.pascal }}¦State(heard): State<Heard>») -> Result<(), HandlerError> {
    heard.lock().unwrap().push(event);
    Ok(())
}

fn sample() -> {{ item.pascal }} {
    {{ item.pascal }} «{ {% for field in item.fields %}{{ field.name }}: {{ field.event_value }}¦{% endfor %}»
}

#[tokio::test]
async fn it_is_told_when_the_transaction_commits() {
    let world = World::new().await;
    let heard = Heard::default();
    let listener = Subscription::fan_out("listener").with_state(heard.clone()).handle(hear);
    let runner = listener.bind(&world.bus).await.unwrap();
    tokio::spawn(runner.run(std::future::pending()));

    let mut undone = world.database.begin().await.unwrap();
    world.news.{{ item.snake }}(&mut undone, &sample()).await.unwrap();
    undone.rollback().await.unwrap();
    let mut tx = world.database.begin().await.unwrap();
    world.news.{{ item.snake }}(&mut tx, &sample()).await.unwrap();
    tx.commit().await.unwrap();

    world.eventually("it is heard", async || !heard.lock().unwrap().is_empty()).await;
    assert_eq!(*heard.lock().unwrap(), [sample()]);
}
