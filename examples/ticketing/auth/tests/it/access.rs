use ticketkit_auth::axum::Access;

use crate::fixture::{Browser, Service};

/// Asks a route as somebody: the status that the guard alone decides on.
async fn ask(browser: &mut Browser, method: &str, path: &str) -> u16 {
    let path = path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057");
    let path = path.replace("{sid}", "01890a5d-ac96-774b-bcce-b302099a8057");
    browser.send(method, &path, None).await.status
}

/// Everybody at every route, as the router itself says whom it serves.
#[tokio::test]
async fn a1_a2_every_route_serves_whom_it_says_and_nobody_else() {
    let service = Service::start().await;
    assert_eq!(service.rules.len(), 14);
    for rule in &service.rules {
        let (method, path) = (rule.method.as_str(), rule.path);
        let nobody = ask(&mut service.browser(), method, path).await;
        // Each time anew: some of them sign out.
        let mut ada = service.browser();
        let mut root = service.browser();
        for (browser, email) in [(&mut ada, "ada@example.com"), (&mut root, "root@example.com")] {
            let known = browser.sign_up(email).await.status == 409;
            if known {
                browser.sign_in(email, crate::fixture::PASSWORD).await.expect(200);
            }
        }
        let user = ask(&mut ada, method, path).await;
        let admin = ask(&mut root, method, path).await;
        let refused = |status| [401, 403].contains(&status);
        let expected = match &rule.access {
            // Without a refresh cookie nobody refreshes: that is the handler's to say.
            Access::Anyone => (refused(nobody) && path.ends_with("refresh"), false, false),
            Access::SignedIn => (true, false, false),
            _ => (true, true, false),
        };
        let found = (refused(nobody), refused(user), refused(admin));
        assert_eq!(found, expected, "{method} {path}: {nobody} {user} {admin}");
        if rule.access != Access::Anyone {
            assert_eq!(nobody, 401, "{method} {path}");
        }
    }
}

/// L4: what no handler answers has the shape of every other error.
#[tokio::test]
async fn l4_what_nobody_answers_is_a_problem_too() {
    let service = Service::start().await;
    let mut browser = service.browser();
    browser.get("/api/users/none/of/these").await.problem(404, "not_found");
    browser.delete("/api/users/signin").await.problem(405, "method_not_allowed");
}
