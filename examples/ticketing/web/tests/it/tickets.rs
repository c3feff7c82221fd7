//! Offering, changing, withdrawing.

use http::Method;
use serde_json::json;

use crate::{
    browser::{get, post},
    canned::{id, problem},
    fake::Fake,
};

#[tokio::test]
async fn a_price_is_typed_in_major_units_and_sent_in_minor_ones() {
    let fake = Fake::default();
    let form = "title=Derby&price=19%2C99&currency=eur";
    let answer = post(&fake.pages(), "/tickets/new", "seller", form).await;
    assert_eq!(answer.location(), format!("/tickets/{}?done=ticket-created", id(100)));
    let call = &fake.calls(&Method::POST, "/api/tickets")[0];
    assert_eq!(call.body, json!({ "title": "Derby", "price": 1999, "currency": "eur" }));
}

#[tokio::test]
async fn a_price_that_can_not_be_read_reaches_no_service() {
    let fake = Fake::default();
    let page = post(&fake.pages(), "/tickets/new", "seller", "title=+&price=1%2C000").await;
    assert_eq!(page.status, 422);
    page.has("id=\"field-price-error\"").has("id=\"field-title-error\"").has("value=\"1,000\"");
    assert!(fake.calls(&Method::POST, "/api/tickets").is_empty());
}

#[tokio::test]
async fn the_service_has_the_last_word_on_the_rules() {
    let fake = Fake::default();
    let body = problem(422, "validation_failed", &[("currency", "must be a currency")]);
    fake.on(Method::POST, "/api/tickets", 422, body);
    let page = post(&fake.pages(), "/tickets/new", "seller", "title=T&price=1&currency=XX").await;
    assert_eq!(page.status, 422);
    page.has("id=\"field-currency-error\">Must be a currency.").has("value=\"XX\"");
}

#[tokio::test]
async fn a_change_demands_the_version_that_was_looked_at() {
    let fake = Fake::default();
    let pages = fake.pages();
    let path = format!("/tickets/{}", id(100));
    let page = get(&pages, &path, "seller").await;
    page.has("name=\"version\" value=\"3\"").has("value=\"84.50\"").has("Withdraw the ticket");
    get(&pages, &path, "buyer").await.lacks("Withdraw").has("Buy for €84.50");

    let form = "title=New&price=1.5&version=3";
    let answer = post(&pages, &path, "seller", form).await;
    assert_eq!(answer.location(), format!("{path}?done=ticket-changed"));
    let call = &fake.calls(&Method::PUT, &format!("/api{path}"))[0];
    assert_eq!(call.headers["if-match"], "\"3\"");
    assert_eq!(call.body, json!({ "title": "New", "price": 150 }));

    fake.refuse(Method::PUT, &format!("/api{path}"), 412, "stale_version");
    let page = post(&pages, &path, "seller", form).await;
    assert_eq!(page.status, 412);
    page.has("has changed since").has("value=\"New\"");
}

#[tokio::test]
async fn withdrawing_someone_elses_ticket_is_not_allowed() {
    let fake = Fake::default();
    let path = format!("/tickets/{}", id(100));
    let pages = fake.pages();
    let answer = post(&pages, &format!("{path}/withdraw"), "seller", "version=3").await;
    assert_eq!(answer.location(), format!("{path}?done=ticket-withdrawn"));
    fake.refuse(Method::DELETE, &format!("/api{path}"), 403, "forbidden");
    let page = post(&pages, &format!("{path}/withdraw"), "buyer", "version=3").await;
    assert_eq!(page.status, 403);
    page.has("Not allowed");
}

#[tokio::test]
async fn an_empty_list_says_what_to_do_next() {
    let fake = Fake::default();
    let empty = json!({ "items": [], "next": null });
    for path in ["/api/tickets", "/api/tickets/mine", "/api/orders"] {
        fake.on(Method::GET, path, 200, empty.clone());
    }
    let pages = fake.pages();
    get(&pages, "/", "").await.has("Nothing for sale yet").has("href=\"/tickets/new\"");
    get(&pages, "/?q=zz", "").await.has("Nothing found").has("“zz”");
    get(&pages, "/tickets/mine", "seller").await.has("Sell your first ticket");
    get(&pages, "/orders", "buyer").await.has("Find a ticket");
}

#[tokio::test]
async fn a_list_goes_on_where_the_service_says() {
    let pages = Fake::default().pages();
    get(&pages, "/?q=a+b", "").await.has("href=\"/?q=a+b&amp;after=cursor-1\"");
}
