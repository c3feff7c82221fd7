//! Whom each route serves.

use serde_json::Value;
use ticketkit_auth::axum::Access;

use crate::world::{Browser, PASSWORD, World};

/// Asks a route as somebody, and tells whether the guard refused.
async fn is_refused(browser: &mut Browser, method: &str, path: &str) -> bool {
    let path = path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057");
    let status = browser.send(method, &path, Value::Null).await.status.as_u16();
    [401, 403].contains(&status)
}

/// Everybody at every route, as the router itself says whom it serves.
#[tokio::test]
async fn every_route_serves_whom_it_says_and_nobody_else() {
    let world = World::new().await;
    assert!(world.rules.len() > 5);
    for email in ["ada@example.com", "root@example.com"] {
        world.sign_up(email).await;
    }
    for rule in &world.rules {
        let (method, path) = (rule.method.as_str(), rule.path);
        // Each time anew: one of them signs out.
        let (mut ada, mut root) = (world.browser(), world.browser());
        ada.sign_in("ada@example.com", PASSWORD).await.expect(200);
        root.sign_in("root@example.com", PASSWORD).await.expect(200);
        let found = (
            is_refused(&mut world.browser(), method, path).await,
            is_refused(&mut ada, method, path).await,
            is_refused(&mut root, method, path).await,
        );
        let expected = match &rule.access {
            // Without its cookie nobody refreshes: that is the handler's to say.
            Access::Anyone => (path.ends_with("refresh"), false, false),
            Access::SignedIn => (true, false, false),
            _ => (true, true, false),
        };
        assert_eq!(found, expected, "{method} {path}");
    }
}

/// A form of another site would carry the cookies along.
#[tokio::test]
async fn another_site_cannot_write_in_a_users_name() {
    let world = World::new().await;
    let mut root = world.sign_up("root@example.com").await;
    root.origin = Some("https://evil.example");
    let answer = root.sign_in("root@example.com", PASSWORD).await;
    answer.problem(403, "cross_site_request");
    root.send("POST", "/api/users/signout", Value::Null).await.problem(403, "cross_site_request");
    assert_eq!(root.me().await["email"], "root@example.com");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let world = World::new().await;
    let answer = world.browser().send("GET", "/api/users/none/of/it", Value::Null).await;
    answer.problem(404, "not_found");
    assert_eq!(answer.body["service"], "auth");
}
