//! The pages, as a browser without JavaScript gets them.

use serde_json::json;
use ticketing_tests::market::{order_path, ticket_path};
use ticketing_tests::person::{ACCESS, REFRESH};
use ticketing_tests::{Client, Person, Request, Response};

use crate::shared::shared;

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

fn page(client: &Client, path: &str) -> Response {
    client.send(Request::get(path).header("accept", HTML))
}

/// The rules for every page.
#[track_caller]
fn assert_page(answer: &Response) {
    let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    assert_eq!(kind, "text/html; charset=utf-8", "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{answer:?}");
    assert_eq!(answer.header("strict-transport-security"), None, "plain HTTP");
    let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("default-src") || policy.contains("script-src"), "{policy}");
    for unsafe_word in ["'unsafe-inline'", "'unsafe-eval'", " *", "data:;"] {
        assert!(!policy.contains(unsafe_word), "{policy}");
    }
    let text = answer.text();
    assert!(text.trim_start().to_ascii_lowercase().starts_with("<!doctype html>"), "{text:.80}");
    assert!(text.contains("<html lang="), "the language, for readers: {text:.200}");
    for part in text.split("<script").skip(1) {
        let tag = part.split('>').next().unwrap_or_default();
        assert!(tag.contains("src="), "inline script: <script{tag}>");
    }
    assert!(!text.contains("<style"), "inline style");
    for attribute in [" style=\"", " onclick=", " onsubmit=", " onload=", "javascript:"] {
        assert!(!text.contains(attribute), "{attribute} in {text}");
    }
}

#[test]
fn the_pages_of_a_visitor() {
    let shared = shared();
    let visitor = shared.server.client();
    for path in ["/", "/?q=anything", "/auth/signup", "/auth/signin", "/auth/signout"] {
        let answer = page(&visitor, path).expect(200);
        assert_page(&answer);
    }
    let home = page(&visitor, "/").text();
    for link in ["/auth/signup", "/auth/signin"] {
        assert!(home.contains(link), "no way to {link}");
    }
}

#[test]
fn the_pages_of_a_seller_and_a_buyer() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ticket = seller.sell("On a page", 1_999);
    let ticket_page = ticket_path(&ticket).replace("/api", "");
    assert_page(&page(&shared.server.client(), &ticket_page).expect(200));
    for path in ["/account", "/tickets/new", "/tickets/mine", "/orders", ticket_page.as_str()] {
        let answer = page(&seller.client, path).expect(200);
        assert_page(&answer);
        for link in ["/tickets/new", "/tickets/mine", "/orders", "/account", "/auth/signout"] {
            assert!(answer.text().contains(link), "{path} has no way to {link}");
        }
    }
    let shown = page(&buyer.client, &ticket_page).expect(200).text();
    assert!(shown.contains("On a page") && shown.contains("19.99"), "{shown}");

    let order = buyer.buy(&ticket);
    let receipt = page(&buyer.client, &order_path(&order).replace("/api", "")).expect(200);
    assert_page(&receipt);
    assert!(receipt.text().contains("On a page") && receipt.text().contains("19.99"));
}

#[test]
fn a_page_for_somebody_asks_a_visitor_to_sign_in() {
    let shared = shared();
    let visitor = shared.server.client();
    for path in ["/account", "/tickets/new", "/tickets/mine", "/orders", "/admin/users"] {
        let answer = page(&visitor, path);
        match answer.status() {
            302 | 303 => {
                let to = answer.header("location").unwrap_or_default().to_owned();
                assert!(to.starts_with("/auth/signin"), "{path} leads to {to}");
            }
            _ => assert_page(&answer.expect(401)),
        }
    }
}

#[test]
fn pages_of_administrators() {
    let shared = shared();
    let admin = shared.admin();
    let user = Person::sign_up(&shared.server, "user");
    for path in ["/admin/users", "/admin/events"] {
        assert_page(&page(&admin.client, path).expect(200));
        assert_page(&page(&user.client, path).expect(403));
    }
}

#[test]
fn a_path_that_leads_nowhere_is_a_page_for_a_browser_and_a_problem_for_others() {
    let shared = shared();
    let client = shared.server.client();
    for path in ["/nothing", "/tickets/nothing", "/orders", "/auth/nothing", "/admin"] {
        if path != "/orders" {
            assert_page(&page(&client, path).expect(404));
            client.get(path).problem(404, "not_found");
        }
    }
    for path in ["/api/nothing", "/.well-known/nothing", "/api/tickets/nothing"] {
        page(&client, path).problem(404, "not_found");
    }
    page(&client, "/api/orders").problem(401, "unauthenticated");
}

#[test]
fn a_foreign_order_is_forbidden_on_its_page_too() {
    let shared = shared();
    let person = |name| Person::sign_up(&shared.server, name);
    let (seller, buyer, other) = (person("seller"), person("buyer"), person("other"));
    let order = buyer.reserve(&seller.sell("Private page", 100));
    let path = order_path(&order).replace("/api", "");
    let answer = page(&other.client, &path).expect(403);
    assert_page(&answer);
    assert!(!answer.text().contains("Private page"));
}

/// A title is text. It is text in the list, on its own page and on a receipt.
#[test]
fn titles_are_escaped_wherever_they_are_shown() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let evil = format!("\"><script>alert('{}')</script><img src=x onerror=alert(1)>", seller.id);
    let ticket = seller.sell(&evil, 100);
    let order = buyer.reserve(&ticket);
    for (client, path) in [
        (&seller.client, "/tickets/mine".to_owned()),
        (&seller.client, ticket_path(&ticket).replace("/api", "")),
        (&buyer.client, "/orders".to_owned()),
        (&buyer.client, order_path(&order).replace("/api", "")),
        (&buyer.client, "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E".to_owned()),
        (&buyer.client, "/auth/signin?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E".to_owned()),
        (&buyer.client, "/nothing/%3Cscript%3Ealert(1)%3C/script%3E".to_owned()),
    ] {
        let answer = page(client, &path);
        let text = answer.text();
        assert!(!text.contains("<script>alert"), "{path}: {text}");
        assert!(!text.contains("<img src=x"), "{path}: {text}");
    }
}

#[test]
fn a_refused_form_comes_back_with_the_messages_and_without_the_password() {
    let shared = shared();
    let client = shared.server.client();
    let form = [("email", "no-address"), ("password", "canary-")];
    let request = Request::post("/auth/signup").header("accept", HTML).form(&form);
    let answer = client.send(request).expect(422);
    assert_page(&answer);
    let text = answer.text();
    assert!(text.contains("no-address"), "what was typed is kept: {text}");
    assert!(!text.contains("canary-"), "a password comes back: {text}");
    for field in ["email", "password"] {
        assert!(text.contains(&format!("name=\"{field}\"")), "{text}");
    }
    assert!(text.matches("aria-invalid=\"true\"").count() == 2, "both at once: {text}");
}

/// The whole story by forms.
#[test]
fn forms_sign_up_and_sell_with_exact_prices() {
    let shared = shared();
    let client = shared.server.client();
    let email = format!("form-{}@example.org", uuid::Uuid::now_v7());
    let form = [("email", email.as_str()), ("password", "canary-password-form")];
    let post = |path: &str, form: &[(&str, &str)]| {
        let origin = shared.server.url();
        let request = Request::post(path).header("accept", HTML).header("origin", origin);
        client.send(request.form(form))
    };
    post("/auth/signup", &form).expect(303);
    assert!(client.cookie(ACCESS).is_some(), "signed in");
    for (typed, price) in
        [("19.99", 1_999), ("0.29", 29), ("1.1", 110), ("1000000.00", 100_000_000), ("5", 500)]
    {
        let sold = post("/tickets/new", &[("title", "Typed"), ("price", typed)]).expect(303);
        let to = sold.header("location").unwrap_or_default().to_owned();
        assert!(to.starts_with("/tickets/"), "{typed} leads to {to}");
        let mine = client.get("/api/tickets/mine?limit=1").expect(200).json();
        assert_eq!(mine["items"][0]["price"], json!(price), "typed {typed}");
    }
    for typed in
        ["", "abc", "1.999", "-1", "0", "0.00", "1e3", "1000000.01", "99999999999999999999"]
    {
        let refused = post("/tickets/new", &[("title", "Typed"), ("price", typed)]).expect(422);
        assert_page(&refused);
    }
    // GET asks, POST does it.
    page(&client, "/auth/signout").expect(200);
    assert!(client.cookie(ACCESS).is_some());
    post("/auth/signout", &[]).expect(303);
    assert_eq!(client.cookie(ACCESS), None);
}

/// X8 for forms: another site cannot sign a visitor in, or sell in a user's name.
#[test]
fn forms_of_other_sites_are_refused() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let form = [("title", "Not mine"), ("price", "1")];
    let request = Request::post("/tickets/new").header("accept", HTML).form(&form);
    let refused = seller.send(request.header("sec-fetch-site", "cross-site")).expect(403);
    assert_page(&refused);
    let mine = seller.get("/api/tickets/mine").expect(200).json();
    assert_eq!(mine["items"], json!([]));
}

/// Where a sign-in leads is on this site.
#[test]
fn a_sign_in_never_leads_to_another_site() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "led");
    let lead = |next: &str| {
        let form = [("email", &*person.email), ("password", &*person.password), ("next", next)];
        let request = Request::post("/auth/signin").header("accept", HTML).form(&form);
        let answer = shared.server.client().send(request).expect(303);
        answer.header("location").unwrap_or_default().to_owned()
    };
    assert!(lead("/orders").starts_with("/orders"), "a path of ours is taken");
    for next in [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/%0d%0aset-cookie: a=b",
        "/a\r\nset-cookie: a=b",
        "",
    ] {
        let to = lead(next);
        let local =
            to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\t', '\r', '\n']);
        assert!(local, "next={next:?} leads to {to:?}");
    }
}

/// An access token lives for minutes; who reads pages does not notice.
#[test]
fn a_page_renews_the_session_by_itself() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "reader");
    let refresh = person.client.cookie(REFRESH).expect("a refresh cookie");
    let browser = shared.server.client();
    browser.set_cookie(REFRESH, &refresh);
    assert_page(&page(&browser, "/orders").expect(200));
    assert!(browser.cookie(ACCESS).is_some(), "a fresh access cookie");
    assert_ne!(browser.cookie(REFRESH), Some(refresh), "rotated");
    browser.get("/api/orders").expect(200);

    let form = [("title", "Late form"), ("price", "1")];
    let late = shared.server.client();
    late.set_cookie(REFRESH, &browser.cookie(REFRESH).expect("the new one"));
    late.send(Request::post("/tickets/new").header("accept", HTML).form(&form)).expect(303);
    let mine = late.get("/api/tickets/mine").expect(200).json();
    assert_eq!(mine["items"][0]["title"], "Late form");
}
