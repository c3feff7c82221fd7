//! The buying story in a real browser, with JavaScript and without.

use std::path::Path;

use serde_json::json;
use ticketing_tests::browser::{Browser, Element};
use ticketing_tests::{Person, Server, eventually, wait::SOON};
use uuid::Uuid;

const PASSWORD: &str = "canary-password-browser";

fn fill(browser: &Browser, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        browser.find(&format!("main [name={name}]")).replace_text(value);
    }
}

/// Presses the button that a reader would: by its text.
#[track_caller]
fn press(browser: &Browser, text: &str) {
    let button = format!("//main//button[starts-with(normalize-space(.), '{text}')]");
    browser.find(&button).click_and_leave();
}

#[track_caller]
fn follow(browser: &Browser, text: &str) {
    browser.find(&format!("//a[normalize-space(.)='{text}']")).click_and_leave();
}

fn sign_up(browser: &Browser, server: &Server, name: &str) -> String {
    let email = format!("{name}-{}@example.org", Uuid::now_v7());
    browser.visit(&server.url());
    follow(browser, "Sign up");
    browser.await_url("/auth/signup");
    fill(browser, &[("email", &email), ("password", PASSWORD)]);
    press(browser, "Sign up");
    browser.await_text("Sign out");
    email
}

fn sell(browser: &Browser, title: &str, price: &str) -> String {
    follow(browser, "Sell");
    browser.await_url("/tickets/new");
    fill(browser, &[("title", title), ("price", price)]);
    press(browser, "Offer the ticket");
    browser.await_text(title);
    eventually("the ticket's own page", SOON, || {
        let url = browser.url();
        if url.ends_with("/new") { Err(url) } else { Ok(url) }
    })
}

/// Pictures for people, in the target folder.
fn picture(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder");
    browser.screenshot(&folder.join(format!("{name}.png")));
}

/// The message that belongs to a field: named by it for readers that cannot see, and next to it
/// for those who can.
#[track_caller]
fn message_beside(browser: &Browser, name: &str) -> String {
    let field = browser.find(&format!("main input[name={name}]"));
    assert_eq!(field.attribute("aria-invalid").as_deref(), Some("true"), "{name}");
    let ids = field.attribute("aria-describedby").unwrap_or_default();
    let id = ids.split(' ').find(|id| id.ends_with("error"));
    let message = browser.find(&format!("#{}", id.expect("an id of the message")));
    assert!(distance(&field, &message) < 60.0, "{name}: the message is elsewhere");
    message.text()
}

/// Pixels between two elements, one above the other.
fn distance(one: &Element<'_>, other: &Element<'_>) -> f64 {
    let ([_, top, _, height], [_, other_top, _, other_height]) = (one.place(), other.place());
    if top < other_top { other_top - (top + height) } else { top - (other_top + other_height) }
}

#[track_caller]
fn assert_no_complaints(browser: &Browser) {
    // A status that was meant is logged as a failed load; everything else is a fault of a page.
    let complaints: Vec<String> = browser
        .complaints()
        .into_iter()
        .filter(|text| !text.contains("the server responded with a status of 4"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
#[ignore = "needs chromium and chromedriver: run cargo xtask test"]
fn a_ticket_is_sold_between_two_browsers() {
    let server = Server::start();
    let (seller, buyer) = (Browser::open(), Browser::open());
    seller.visit(&server.url());
    picture(&seller, "01-empty-market");
    sign_up(&seller, &server, "seller");
    follow(&seller, "Sell");
    seller.await_url("/tickets/new");
    picture(&seller, "02-sell");
    let ticket = sell(&seller, "Miles Davis, Newport, row 3", "42.50");
    picture(&seller, "03-own-ticket");

    // A visitor who wants to buy is led through the sign-up and back.
    buyer.visit(&ticket);
    buyer.await_text("42.50");
    picture(&buyer, "04-ticket-of-a-visitor");
    sign_up(&buyer, &server, "buyer");
    fill_search(&buyer, "newport");
    picture(&buyer, "05-search");
    follow(&buyer, "Miles Davis, Newport, row 3");
    press(&buyer, "Buy");
    buyer.await_url("/orders/");
    let timer = buyer.find("[role=timer]");
    let first = eventually("the countdown to be seen", SOON, || {
        timer.try_text().filter(|text| text.contains(|c: char| c.is_ascii_digit())).ok_or(())
    });
    picture(&buyer, "06-countdown-and-card");
    eventually("the countdown to run", SOON, || {
        let now = buyer.find("[role=timer]").try_text();
        if now.as_ref().is_some_and(|now| *now != first) { Ok(()) } else { Err(now) }
    });

    // The declined card first: the message, and another try.
    buyer.find("input[name=token][value=pm_card_chargeDeclined]").click();
    press(&buyer, "Pay");
    buyer.await_text("declined");
    picture(&buyer, "07-declined");
    buyer.find("input[name=token][value=pm_card_visa]").click();
    press(&buyer, "Pay");
    buyer.await_text("Receipt");
    assert!(buyer.text().contains("42.50"));
    picture(&buyer, "08-receipt");

    follow(&seller, "My tickets");
    seller.await_text("Sold");
    picture(&seller, "09-sold");
    follow(&buyer, "My orders");
    buyer.await_text("Miles Davis");
    picture(&buyer, "10-my-orders");

    for browser in [&seller, &buyer] {
        follow(browser, "Sign out");
        browser.await_url("/auth/signout");
        press(browser, "Sign out");
        browser.await_text("Sign in");
        assert_no_complaints(browser);
    }
}

fn fill_search(browser: &Browser, text: &str) {
    follow(browser, "Ticketing");
    fill(browser, &[("q", text)]);
    press(browser, "Search");
    browser.await_url("q=");
}

#[test]
#[ignore = "needs chromium and chromedriver: run cargo xtask test"]
fn errors_appear_beside_their_fields() {
    let server = Server::start();
    let taken = Person::sign_up(&server, "taken");
    let browser = Browser::open();
    browser.visit(&format!("{}/auth/signup", server.url()));
    // The form, not the browser, has to say it: its own checks are out of the way.
    browser.run("document.querySelectorAll('form').forEach(form => form.noValidate = true)");
    fill(&browser, &[("email", "no-address"), ("password", "short")]);
    press(&browser, "Sign up");
    browser.find("main input[name=email][aria-invalid=true]");
    let messages = ["email", "password"].map(|name| message_beside(&browser, name));
    assert!(messages.iter().all(|text| !text.is_empty()) && messages[0] != messages[1]);
    assert!(messages[1].contains('8'), "how long it has to be: {messages:?}");
    let typed = browser.run("return document.querySelector('[name=email]').value");
    assert_eq!(typed, json!("no-address"), "what was typed is kept");
    picture(&browser, "20-errors-beside-fields");

    fill(&browser, &[("email", &taken.email), ("password", PASSWORD)]);
    press(&browser, "Sign up");
    browser.find("main input[name=email][aria-invalid=true]");
    assert!(!message_beside(&browser, "email").is_empty());
    picture(&browser, "21-email-in-use");
    assert_no_complaints(&browser);
}

#[test]
#[ignore = "needs chromium and chromedriver: run cargo xtask test"]
fn the_story_works_without_javascript() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    seller.sell("No scripts", 1_999);
    let browser = Browser::without_javascript();
    sign_up(&browser, &server, "buyer");
    fill_search(&browser, "no scripts");
    follow(&browser, "No scripts");
    press(&browser, "Buy");
    browser.await_url("/orders/");
    // Nothing but a reload brings news to a page without scripts.
    eventually("the card form", SOON, || {
        browser.visit(&browser.url());
        if browser.find_all("input[name=token]").is_empty() { Err(browser.text()) } else { Ok(()) }
    });
    picture(&browser, "30-without-javascript");
    press(&browser, "Pay");
    eventually("the receipt", SOON, || {
        browser.visit(&browser.url());
        if browser.text().contains("Receipt") { Ok(()) } else { Err(browser.text()) }
    });
    picture(&browser, "31-receipt-without-javascript");
    follow(&browser, "Sign out");
    press(&browser, "Sign out");
    browser.await_text("Sign in");
}

/// The harness can fail: what the test above proves without scripts is proved without scripts.
#[test]
#[ignore = "needs chromium and chromedriver: run cargo xtask test"]
fn a_browser_without_javascript_runs_no_script() {
    let page = "data:text/html,<body>still<script>document.body.textContent='moved'</script>";
    for (browser, expected) in
        [(Browser::without_javascript(), "still"), (Browser::open(), "moved")]
    {
        browser.visit(page);
        browser.await_text(expected);
    }
}
