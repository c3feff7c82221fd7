//! `{{ item.path }}`

use serde_json::{Value, json};
{% if project.auth %}
use ticketkit_auth::testing::user_id;
{% endif %}

use crate::world::World;

{% set who = '"ada", ' if project.auth else '' %}
const PATH: &str = "{{ item.path }}";

fn sample() -> Value {
    json!({
{% for field in item.fields %}
        "{{ field.json }}": {{ field.sample }},
{% endfor %}
    })
}

fn other() -> Value {
    json!({
{% for field in item.fields %}
        "{{ field.json }}": {{ field.other }},
{% endfor %}
    })
}

fn path(item: &Value) -> String {
    format!("{PATH}/{}", item["id"].as_str().unwrap())
}

async fn create(world: &World) -> Value {
    world.send({{ who }}"POST", PATH, sample()).await.expect(201)
}

#[tokio::test]
async fn a_new_one_is_answered_in_full_and_can_be_read() {
    let world = World::new().await;
    let answer = world.send({{ who }}"POST", PATH, sample()).await;
    assert_eq!(answer.headers["etag"], "\"1\"");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let item = answer.expect(201);
    let mut expected = sample();
    expected["id"] = item["id"].clone();
    expected["version"] = json!(1);
{% if project.auth %}
    expected["userId"] = json!(user_id("ada"));
{% endif %}
    assert_eq!(item, expected);
    assert_eq!(location, path(&item));
    assert_eq!(world.send({{ who }}"GET", &location, Value::Null).await.expect(200), expected);
}
{% for field in item.fields if field.kind in ["string", "text", "money"] %}
{% if loop.first %}

#[tokio::test]
async fn every_broken_rule_is_told_with_its_field() {
    let world = World::new().await;
    let mut broken = sample();
{% for field in item.fields if field.kind in ["string", "text", "money"] %}
    broken["{{ field.json }}"] = json!({{ "-1" if field.kind == "money" else '""' }});
{% endfor %}
    let answer = world.send({{ who }}"POST", PATH, broken).await;
    answer.problem(422, "validation_failed");
    let errors = answer.body["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| error["field"].clone()).collect();
    let expected = "{% for field in item.fields if field.kind in ["string", "text", "money"] %}{{ field.json }}{{ " " if not loop.last }}{% endfor %}";
    assert_eq!(fields, expected.split(' ').collect::<Vec<_>>());
}
{% endif %}
{% endfor %}
{% for field in item.fields | rejectattr("optional") %}
{% if loop.first %}

#[tokio::test]
async fn what_is_missing_is_named() {
    let world = World::new().await;
    let answer = world.send({{ who }}"POST", PATH, json!({})).await;
    answer.problem(400, "malformed_body");
    assert_eq!(answer.body["errors"][0]["field"], "{{ field.json }}");
}
{% endif %}
{% endfor %}

#[tokio::test]
async fn a_change_makes_the_next_version_and_an_old_one_is_refused() {
    let world = World::new().await;
    let item = create(&world).await;
    let changed = world.send({{ who }}"PUT", &path(&item), other()).await;
    assert_eq!(changed.headers["etag"], "\"2\"");
    let changed = changed.expect(200);
    assert_eq!(changed["version"], 2);
{% for field in item.fields %}
    assert_eq!(changed["{{ field.json }}"], other()["{{ field.json }}"]);
{% endfor %}
    assert_eq!(world.send({{ who }}"GET", &path(&item), Value::Null).await.expect(200), changed);

    let stale = axum::http::Request::delete(path(&item)).header("if-match", "\"1\"");
{% if project.auth %}
    let stale = stale.header("cookie", world.auth.cookie("ada"));
{% endif %}
    let stale = stale.body(axum::body::Body::empty()).unwrap();
    world.exchange(stale).await.problem(412, "stale_version");
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let world = World::new().await;
    let item = create(&world).await;
    world.send({{ who }}"DELETE", &path(&item), Value::Null).await.expect(204);
    for (method, body) in [("GET", Value::Null), ("PUT", other()), ("DELETE", Value::Null)] {
        world.send({{ who }}method, &path(&item), body).await.problem(404, "not_found");
    }
    world.send({{ who }}"GET", &format!("{PATH}/5"), Value::Null).await.problem(404, "not_found");
}

#[tokio::test]
async fn pages_show_each_one_once_newest_first() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.insert(0, create(&world).await);
    }
    let page = async |query: &str| {
        let path = format!("{PATH}{query}");
        world.send({{ who }}"GET", &path, Value::Null).await.expect(200)
    };
    let first = page("?limit=2").await;
    let second = page(&format!("?limit=2&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!(second["next"], Value::Null);
    let pages = [first, second];
    let shown: Vec<_> = pages.iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    let answer = world.send({{ who }}"GET", &format!("{PATH}?limit=0"), Value::Null).await;
    answer.problem(422, "validation_failed");
}
{% if project.auth %}

#[tokio::test]
async fn it_is_for_those_who_are_signed_in_and_changed_by_its_maker_alone() {
    let world = World::new().await;
    let item = create(&world).await;
    let one = path(&item);
    for (method, path) in [("GET", PATH), ("POST", PATH), ("GET", one.as_str())] {
        let answer = world.send("", method, path, Value::Null).await;
        answer.problem(401, "unauthenticated");
    }
    world.send("eve", "PUT", &path(&item), other()).await.problem(403, "forbidden");
    world.send("eve", "DELETE", &path(&item), Value::Null).await.problem(403, "forbidden");
    assert_eq!(world.send("eve", "GET", &path(&item), Value::Null).await.expect(200), item);
}
{% endif %}
