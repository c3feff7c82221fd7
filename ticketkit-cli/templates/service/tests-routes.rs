//! What every service answers.

use serde_json::Value;

use crate::world::World;
{% if not service.resources %}

#[tokio::test]
async fn it_says_what_runs_here() {
    let world = World::new().await;
{% if project.auth %}
    let path = "{{ service.path }}";
    world.send("", "GET", path, Value::Null).await.problem(401, "unauthenticated");
    let about = world.send("ada", "GET", path, Value::Null).await.expect(200);
{% else %}
    let about = world.send("GET", "{{ service.path }}", Value::Null).await.expect(200);
{% endif %}
    assert_eq!(about["service"], "{{ service.name }}");
}
{% endif %}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let world = World::new().await;
    let path = "{{ service.path }}/none/of/it";
    world.send({% if project.auth %}"ada", {% endif %}"GET", path, Value::Null).await.problem(404, "not_found");
}

#[tokio::test]
async fn its_parts_are_healthy() {
    let world = World::new().await;
    assert!(world.health.run().await.iter().all(|check| check.ok));
}
