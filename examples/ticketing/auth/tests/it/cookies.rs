use serde_json::json;

use crate::fixture::{Browser, PASSWORD, Service};

/// Replaces the values of the cookies, which are random.
fn shapes(cookies: &[&str]) -> Vec<String> {
    let shape = |cookie: &&str| {
        let (name, rest) = cookie.split_once('=').unwrap();
        let (value, attributes) = rest.split_once(';').unwrap();
        let value = if value.is_empty() { "" } else { "…" };
        format!("{name}={value};{attributes}")
    };
    cookies.iter().map(shape).collect()
}

/// C1, C4, C5: over https.
#[tokio::test]
async fn the_attributes_are_those_of_the_contract() {
    let service = Service::start_at("https://tickets.example.com").await;
    let mut ada = service.browser();
    let week = "Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800";
    let set =
        [format!("__Host-ticketkit=…; {week}"), format!("__Host-ticketkit-refresh=…; {week}")];
    let over = "Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";
    let cleared =
        [format!("__Host-ticketkit=; {over}"), format!("__Host-ticketkit-refresh=; {over}")];

    let password = json!({"current": PASSWORD, "new": "another battery horse"});
    let answers = [
        ada.sign_up("ada@example.com").await.expect(201),
        ada.sign_in("ada@example.com", PASSWORD).await.expect(200),
        ada.refresh().await.expect(200),
        ada.put("/api/users/password", password).await.expect(200),
    ];
    for answer in answers {
        assert_eq!(shapes(&answer.set_cookies()), set);
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let answer = ada.send("POST", "/api/users/signout", None).await.expect(200);
    assert_eq!(shapes(&answer.set_cookies()), cleared);
    assert_eq!(answer.headers["cache-control"], "no-store");
}

/// C1: over plain HTTP on loopback.
#[tokio::test]
async fn over_plain_http_they_have_other_names_and_no_secure() {
    let service = Service::start().await;
    let answer = service.browser().sign_up("ada@example.com").await.expect(201);
    let week = "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800";
    let expected = [format!("ticketkit=…; {week}"), format!("ticketkit-refresh=…; {week}")];
    assert_eq!(shapes(&answer.set_cookies()), expected);
}

/// C6
#[tokio::test]
async fn no_token_is_in_a_body() {
    let service = Service::start().await;
    let mut ada = service.browser();
    let mut answers = vec![ada.sign_up("ada@example.com").await];
    let mut secrets: Vec<String> = ada.cookies.values().cloned().collect();
    answers.push(ada.refresh().await);
    secrets.extend(ada.cookies.values().cloned());
    answers.push(ada.guarded().await);
    answers.push(ada.get("/api/users/currentuser").await);
    for answer in answers {
        assert!(secrets.iter().all(|secret| !answer.text.contains(secret)), "{}", answer.text);
        assert!(!answer.text.contains(PASSWORD));
    }
}

/// X8, and the others that carry a session.
#[tokio::test]
async fn requests_of_another_site_are_refused() {
    let service = Service::start().await;
    let mut victim = service.sign_up("ada@example.com").await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let foreign = |browser: &Browser| browser.clone().with_header("sec-fetch-site", "cross-site");
    for (method, path) in [
        ("POST", "/api/users/signup".to_owned()),
        ("POST", "/api/users/signin".to_owned()),
        ("POST", "/api/users/refresh".to_owned()),
        ("POST", "/api/users/signout".to_owned()),
        ("PUT", "/api/users/password".to_owned()),
        ("DELETE", format!("/api/users/sessions/{id}")),
        ("PUT", format!("/api/users/{id}/ban")),
        ("DELETE", format!("/api/users/{id}/ban")),
    ] {
        let answer = foreign(&victim).send(method, &path, None).await;
        answer.problem(403, "cross_site_request");
        // The method is judged before.
        let answer = foreign(&victim).send("PATCH", &path, None).await;
        answer.problem(405, "method_not_allowed");
    }
    for path in ["/api/users/signup", "/api/users/signin", "/api/users/refresh"] {
        let answer = foreign(&service.browser()).send("POST", path, None).await;
        answer.problem(403, "cross_site_request");
    }
    victim.guarded().await.expect(200);
}
