//! What holds for every page: headers, policy, header links, labels, escaping.

use crate::{
    browser::{Answer, get, send},
    canned::id,
    fake::Fake,
    parked::Engine,
};

/// Every page, with someone who may see it.
fn pages() -> Vec<(String, &'static str)> {
    let mut all: Vec<(String, &'static str)> = [
        ("/", ""),
        ("/", "buyer"),
        ("/?q=a&after=b", ""),
        ("/auth/signup", ""),
        ("/auth/signin?next=/orders", ""),
        ("/auth/signout", "buyer"),
        ("/account", "buyer"),
        ("/tickets/new", "seller"),
        ("/tickets/mine", "seller"),
        ("/orders", "buyer"),
        ("/admin/users", "admin"),
        ("/admin/events", "admin"),
    ]
    .map(|(path, who)| (path.to_owned(), who))
    .into();
    for n in 100..106 {
        for who in ["", "buyer", "seller"] {
            all.push((format!("/tickets/{}", id(n)), who));
        }
    }
    all.extend((200..206).map(|n| (format!("/orders/{}", id(n)), "buyer")));
    all.push((format!("/orders/{}", id(202)), "admin"));
    all.push((format!("/admin/users/{}", id(0)), "admin"));
    all
}

#[tokio::test]
async fn every_page_is_safe_and_readable_by_machines() {
    let fake = Fake::default();
    let engine = Engine::with_parked(1).await;
    let service = fake.service("http://127.0.0.1:3000").with_events(engine.events());
    let router = service.router();
    let parked = format!("/admin/events/orders/{}", engine.ids().await[0]);
    for (path, who) in pages().into_iter().chain([(parked, "admin")]) {
        let page = get(&router, &path, who).await;
        assert_eq!(page.status, 200, "{path} as {who}: {}", page.body);
        check(&page, &path);
        let caching = page.header("cache-control");
        assert_eq!(
            caching,
            if who.is_empty() { "private, no-cache" } else { "no-store" },
            "{path}"
        );
    }
    for (path, status) in [("/nowhere", 404), ("/tickets/none", 404), ("/admin/users", 403)] {
        let page = get(&router, path, "buyer").await;
        assert_eq!(page.status, status, "{path}");
        check(&page, path);
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

fn check(page: &Answer, path: &str) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe-"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("x-request-id").len(), 36, "{path}");

    let scripts = page.between("<script", ">");
    assert!(scripts.iter().all(|script| script.contains("src=\"/assets/")), "{path}: {scripts:?}");
    page.lacks("<style").lacks(" style=").lacks(" onclick").lacks("javascript:");
    assert_eq!(page.between("<h1", "</h1>").len(), 1, "{path}: one title");
    assert_eq!(page.between("<main", "</main>").len(), 1, "{path}");
    for input in page.between("<input ", ">") {
        let labelled = match input.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            Some(id) => {
                page.body.contains(&format!("<label for=\"{id}\""))
                    || page.body.contains(&format!("for=\"{id}\""))
                    || input.contains("aria-hidden")
            }
            None => ["type=\"hidden\"", "type=\"radio\"", "aria-hidden"]
                .iter()
                .any(|t| input.contains(t)),
        };
        assert!(labelled, "{path}: a field without a label: {input}");
    }
    for described in page.between("aria-describedby=\"", "\"") {
        for id in described.split(' ') {
            page.has(&format!("id=\"{id}\""));
        }
    }
}

#[tokio::test]
async fn the_header_has_exactly_its_links() {
    let pages = Fake::default().pages();
    for (who, links) in [
        ("", &["Sign up", "Sign in"][..]),
        ("buyer", &["Sell", "My tickets", "My orders", "Account", "Sign out"]),
        ("admin", &["Sell", "My tickets", "My orders", "Account", "Admin", "Sign out"]),
    ] {
        let page = get(&pages, "/", who).await;
        let nav = page.between("<nav aria-label=\"Main\">", "</nav>")[0];
        let texts: Vec<&str> = nav
            .split("</a>")
            .filter_map(|part| part.rsplit_once('>').map(|(_, text)| text))
            .filter(|text| !text.trim().is_empty())
            .collect();
        assert_eq!(texts, links, "{who}");
    }
}

#[tokio::test]
async fn what_people_type_is_text_and_never_markup() {
    let pages = Fake::default().pages();
    let page = get(&pages, &format!("/tickets/{}", id(104)), "seller").await;
    page.lacks("<script>alert").has("&lt;script&gt;alert(&#39;xss&#39;)&lt;/script&gt;");
    let page = get(&pages, "/?q=%22%3E%3Cimg%20src%3Dx%3E", "").await;
    page.lacks("<img").has("value=\"&quot;&gt;&lt;img src=x&gt;\"");
    let page = get(&pages, "/?done=%3Cb%3Ehacked%3C/b%3E", "").await;
    page.lacks("hacked");
}

#[tokio::test]
async fn files_are_cached_for_good_under_their_hash() {
    let pages = Fake::default().pages();
    let page = get(&pages, "/", "").await;
    let addresses: Vec<&str> = page.between("\"/assets/", "\"");
    assert_eq!(addresses.len(), 3, "{addresses:?}");
    for address in addresses {
        let file = get(&pages, &format!("/assets/{address}"), "").await;
        assert_eq!(file.status, 200);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(!file.body.is_empty());
    }
    let old = get(&pages, "/assets/0000000000000000/app.css", "").await;
    assert_eq!((old.status.as_u16(), old.header("cache-control")), (200, "no-cache"));
    assert_eq!(get(&pages, "/assets/0000000000000000/other.css", "").await.status, 404);
}

#[tokio::test]
async fn https_is_demanded_where_it_is_there() {
    let fake = Fake::default();
    let plain = get(&fake.pages(), "/", "").await;
    assert_eq!(plain.header("strict-transport-security"), "");
    let secure = fake.service("https://tickets.example").router();
    let page = get(&secure, "/", "").await;
    assert!(page.header("strict-transport-security").starts_with("max-age="));
    // The twin without the prefix is no session there.
    let more = [("cookie", "ticketkit=buyer; __Host-ticketkit=x")];
    send(&secure, "GET", "/", "", "", &more).await;
    assert_eq!(fake.calls(&http::Method::GET, "/api/users/currentuser").len(), 1);
}
