//! Paying by Stripe in a real browser: card fields of Stripe.js, the bank's question, and the end.

use ticketing_tests::browser::Browser;
use ticketing_tests::stripe::{self, LocalStripe, PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET};
use ticketing_tests::{Person, Server, eventually, wait::SOON};

fn shop(stripe: &LocalStripe) -> Server {
    let server = Server::with(&[
        ("TICKETING_STRIPE_SECRET_KEY", SECRET_KEY),
        ("TICKETING_STRIPE_PUBLISHABLE_KEY", PUBLISHABLE_KEY),
        ("TICKETING_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("TICKETING_STRIPE_API_BASE", &stripe.url()),
        ("TICKETING_STRIPE_JS_URL", &stripe.js_url()),
    ]);
    stripe.send_webhooks_to(&format!("{}/api/payments/webhook", server.url()));
    server
}

/// Signs in on the form of the pages, and opens the order.
fn open_order(browser: &Browser, server: &Server, buyer: &Person, order: &str) {
    browser.visit(&format!("{}/auth/signin?next=/orders/{order}", server.url()));
    browser.find("main [name=email]").type_text(&buyer.email);
    browser.find("main [name=password]").type_text(&buyer.password);
    browser.find("main form button").click_and_leave();
    browser.await_url("/orders/");
}

fn pay_with(browser: &Browser, number: &str) {
    for (field, value) in
        [("number", number), ("exp_month", "12"), ("exp_year", "30"), ("cvc", "123")]
    {
        browser.find(&format!("#card input[placeholder={field}]")).type_text(value);
    }
    browser.find("//main//button[starts-with(normalize-space(.), 'Pay')]").click();
}

fn press(browser: &Browser, text: &str) {
    browser.find(&format!("//button[starts-with(normalize-space(.), '{text}')]")).click();
}

#[track_caller]
fn assert_no_complaints(browser: &Browser) {
    let complaints: Vec<String> = browser
        .complaints()
        .into_iter()
        .filter(|text| !text.contains("localstripe:") && !text.contains("with a status of 4"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
#[ignore = "needs Chromium and localstripe installed: run cargo xtask test"]
fn a_card_is_typed_declined_asked_about_and_charged() {
    let stripe = LocalStripe::start();
    let server = shop(&stripe);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let order = buyer.reserve(&seller.sell("Nina Simone, Montreux", 4_250));
    let browser = Browser::open();
    open_order(&browser, &server, &buyer, order["id"].as_str().expect("an id"));

    pay_with(&browser, stripe::DECLINED);
    browser.await_text("The card was declined");
    assert_eq!(stripe.charges(), 0);

    // The bank asks, and the buyer says no; nothing is charged and another try is theirs.
    pay_with(&browser, stripe::ASKS);
    press(&browser, "Confirm and pay");
    press(&browser, "Fail authentication");
    browser.await_text("Nothing was charged");
    assert_eq!(stripe.charges(), 0);

    pay_with(&browser, stripe::ASKS);
    // A reload loses nothing: the page asks for the secret again.
    browser.find("form[data-payment]");
    browser.visit(&browser.url());
    press(&browser, "Confirm and pay");
    press(&browser, "Complete authentication");
    browser.await_text("Receipt");
    assert_eq!(stripe.charges(), 1);
    buyer.await_order(&order, "complete");
    assert_no_complaints(&browser);
    // What no page and no log may hold.
    assert!(!server.log().contains("canary_of_the_tests"));
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn f3_a_charge_for_a_cancelled_order_goes_back_at_stripe_and_no_other_one() {
    let stripe = LocalStripe::start();
    let server = shop(&stripe);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let ticket = seller.sell("Cancelled concert", 9_900);
    let order = buyer.buy(&ticket);
    let second = buyer.reserve(&seller.sell("Second thoughts", 1_000));
    let asks = stripe.card(stripe::ASKS);
    let answer = buyer.pay(&second, &asks).expect(201).json();
    stripe.authenticate(answer["clientSecret"].as_str().expect("a secret"), true);
    buyer.delete(format!("/api/orders/{}", second["id"].as_str().expect("an id"))).expect(204);
    buyer.await_payment(&second, "refunded");
    eventually("the refund in Stripe's books", SOON, || match stripe.list("refunds").len() {
        1 => Ok(()),
        other => Err(other),
    });
    buyer.await_order(&order, "complete");
}
