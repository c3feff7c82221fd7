//! What an administrator can do.

use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn a_banned_user_is_out_at_once_and_stays_out_until_signing_in_again() {
    let world = World::new().await;
    let mut root = world.sign_up("root@example.com").await;
    let mut eve = world.sign_up("eve@example.com").await;
    let id = eve.me().await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/users/{id}/ban");
    let banned = root.send("PUT", &path, json!({"reason": "spam"})).await.expect(200);
    assert_eq!(banned, json!({"id": id, "banned": true, "until": null}));
    eve.other().await.problem(403, "account_banned");
    eve.refresh().await.problem(401, "session_revoked");
    let mut again = world.browser();
    again.sign_in("eve@example.com", PASSWORD).await.problem(403, "account_banned");
    let listed = root.send("GET", "/api/users?q=eve", Value::Null).await.expect(200);
    assert_eq!(listed["items"][0]["reason"], "spam");

    root.send("DELETE", &path, Value::Null).await.expect(200);
    eve.other().await.problem(401, "session_revoked");
    again.sign_in("eve@example.com", PASSWORD).await.expect(200);
    again.other().await.expect(200);
}

#[tokio::test]
async fn a_ban_ends_by_itself() {
    let world = World::new().await;
    let mut root = world.sign_up("root@example.com").await;
    let mut eve = world.sign_up("eve@example.com").await;
    let path = format!("/api/users/{}/ban", eve.me().await["id"].as_str().unwrap());
    let until = (world.clock.clock().now() + std::time::Duration::from_secs(60)).to_string();
    root.send("PUT", &path, json!({"reason": "cool down", "until": until})).await.expect(200);
    eve.sign_in("eve@example.com", PASSWORD).await.problem(403, "account_banned");
    world.advance(60);
    eve.sign_in("eve@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused() {
    let world = World::new().await;
    let mut root = world.sign_up("root@example.com").await;
    let own = format!("/api/users/{}/ban", root.me().await["id"].as_str().unwrap());
    root.send("PUT", &own, json!({"reason": "me"})).await.problem(409, "cannot_ban_self");
    let nobody = "/api/users/01890a5d-ac96-774b-bcce-b302099a8057/ban";
    let past = json!({"reason": " ", "until": "2001-01-01T00:00:00Z"});
    let answer = root.send("PUT", nobody, past).await;
    answer.problem(422, "validation_failed");
    assert_eq!(answer.fields(), ["reason", "until"]);
    root.send("PUT", nobody, json!({"reason": "r"})).await.problem(404, "not_found");
}
