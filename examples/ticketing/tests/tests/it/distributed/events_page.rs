//! The administrators' page of events, where each process knows only its own subscriptions.

use std::time::Duration;

use serde_json::json;
use ticketing_tests::{Request, eventually, http};

use super::Cluster;

const PATIENCE: Duration = Duration::from_secs(30);

/// Those that have a subscription of their name, none of which is the pages' own.
const SERVICES: [&str; 4] = ["tickets", "orders", "payments", "expiration"];

/// What the page says of a subscription: how many instances consume it.
fn instances(page: &str, subscription: &str) -> Option<String> {
    let (_, row) = page.split_once(&format!("<th scope=\"row\">{subscription}</th>"))?;
    let (row, _) = row.split_once("</tr>")?;
    let (_, cell) = row.split_once("data-label=\"Instances\" class=\"number\">")?;
    cell.split_once("</td>").map(|(text, _)| text.to_owned())
}

#[test]
#[ignore = "needs PostgreSQL and RabbitMQ installed: run cargo xtask test"]
fn the_page_of_events_shows_the_subscriptions_of_every_process() {
    let cluster = Cluster::start();
    cluster.await_ready();
    let address = cluster.address();
    let ask = |request: &Request| http::exchange(address, request, PATIENCE).expect("an answer");
    let admin = json!({"email": "root@load.example", "password": "load load root"});
    let signed_up = ask(&Request::post("/api/users/signup").json(&admin)).expect(201);
    let cookies = signed_up.head.all("set-cookie").filter_map(|cookie| cookie.split(';').next());
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    let page = || {
        let request = Request::get("/admin/events").header("accept", "text/html");
        ask(&request.header("cookie", cookies.as_str())).expect(200).text()
    };
    eventually("the page to tell of every process", PATIENCE, || {
        let page = page();
        let told: Vec<_> = SERVICES.iter().map(|one| instances(&page, one)).collect();
        if told.iter().all(|told| told.as_deref() == Some("2")) { Ok(()) } else { Err(told) }
    });
}
