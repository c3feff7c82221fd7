//! Payments by Stripe, from the request to the books of Stripe's stand-in.

use ticketing_contracts::{OrderId, PaymentId};
use ticketing_payments::{ProviderSettings, Settings};
use ticketing_tests::stripe::{self as peer, Front, LocalStripe};

use crate::{
    process::Process,
    provider::settings,
    world::{BUYER, World, eventually},
};

struct Shop {
    world: World,
    stripe: LocalStripe,
    front: Front,
}

impl Shop {
    fn open() -> Self {
        let stripe = LocalStripe::start();
        let front = Front::before(&stripe);
        Self { world: World::in_real_time(), stripe, front }
    }

    fn start(&self) -> Process<'_> {
        let provider = ProviderSettings::Stripe(settings(&self.front));
        Process::with_settings(&self.world, Settings { provider })
    }

    /// Listens for webhooks at an address of its own, as a process does.
    fn receive(&self, process: &Process<'_>) {
        let bound = tokio::net::TcpListener::bind("127.0.0.1:0");
        let listener = process.runtime.block_on(bound).unwrap();
        let address = listener.local_addr().unwrap();
        let router = process.router.clone();
        process.runtime.spawn(async move { axum::serve(listener, router).await });
        self.stripe.send_webhooks_to(&format!("http://{address}/api/payments/webhook"));
    }
}

fn await_webhooks(process: &Process<'_>, count: i64) {
    eventually(|| match process.number("select count(*) from notifications") {
        Some(seen) if seen >= count => Ok(()),
        other => Err(other),
    });
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn f21_stripe_an_answer_and_its_webhook_have_one_effect() {
    let shop = Shop::open();
    let process = shop.start();
    shop.receive(&process);
    let order = process.awaiting_payment();
    let answer = process.pay(order.id, "pm_card_visa").expect(201);
    assert_eq!(answer["status"], "succeeded");
    await_webhooks(&process, 1);
    let id: PaymentId = answer["id"].as_str().unwrap().parse().unwrap();
    shop.world.await_told(id, &["created"]);
    assert_eq!(process.version(id), 2);
    let intents = shop.stripe.list("payment_intents");
    assert_eq!(intents.len(), 1);
    assert_eq!((&intents[0]["amount"], &intents[0]["currency"]), (&4_999.into(), &"eur".into()));
    assert_eq!(intents[0]["metadata"]["payment"], id.to_string());
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn f13_stripe_a_charge_whose_answer_was_lost_is_found() {
    let shop = Shop::open();
    let process = shop.start();
    shop.front.lose("/confirm", true);
    let order = process.awaiting_payment();
    let answer = process.pay(order.id, "pm_card_visa").expect(201);
    assert_eq!(answer["status"], "processing");
    process.await_status(order.id, "succeeded");
    assert_eq!(shop.stripe.charges(), 1);
    shop.world.await_told(answer["id"].as_str().unwrap().parse().unwrap(), &["created"]);
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn f13_stripe_an_attempt_that_never_arrived_is_called_off_and_free_again() {
    for path in ["/payment_intents", "/confirm"] {
        let shop = Shop::open();
        let process = shop.start();
        shop.front.lose(path, false);
        let order = process.awaiting_payment();
        process.pay(order.id, "pm_card_visa").expect(201);
        process.await_status(order.id, "failed");
        assert_eq!(shop.stripe.charges(), 0, "{path}");
        process.paid(order.id, "pm_card_visa");
        assert_eq!(shop.stripe.charges(), 1, "{path}");
    }
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn f20_stripe_a_webhook_settles_what_nobody_asked_about() {
    let shop = Shop::open();
    let process = shop.start();
    shop.receive(&process);
    let order = process.awaiting_payment();
    let answer = process.pay(order.id, &shop.stripe.card(peer::ASKS)).expect(201);
    assert_eq!(answer["status"], "requires_action");
    // The buyer closes the page once the bank is content.
    shop.stripe.authenticate(answer["clientSecret"].as_str().unwrap(), true);
    process.await_status(order.id, "succeeded");
    await_webhooks(&process, 1);
    shop.world.await_told(answer["id"].as_str().unwrap().parse().unwrap(), &["created"]);
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn stripe_a_bank_that_asks_is_answered_or_not() {
    let shop = Shop::open();
    let process = shop.start();
    let order = process.awaiting_payment();
    let asks = shop.stripe.card(peer::ASKS);
    let first = process.pay(order.id, &asks).expect(201);
    let id = first["id"].as_str().unwrap();
    // Whoever has lost the secret gets it again.
    let again = process.confirm(BUYER, id).expect(200);
    assert_eq!(again["status"], "requires_action");
    assert_eq!(again["clientSecret"], first["clientSecret"]);
    shop.stripe.authenticate(first["clientSecret"].as_str().unwrap(), false);
    assert_eq!(process.confirm(BUYER, id).expect(200)["status"], "failed");
    // The attempt is over, so that nobody with its secret can go on with it.
    assert_eq!(shop.stripe.list("payment_intents")[0]["status"], "canceled");

    let second = process.pay(order.id, &asks).expect(201);
    shop.stripe.authenticate(second["clientSecret"].as_str().unwrap(), true);
    let confirmed = process.confirm(BUYER, second["id"].as_str().unwrap()).expect(200);
    assert_eq!(confirmed["status"], "succeeded");
    assert!(confirmed.get("clientSecret").is_none(), "{confirmed}");
    assert_eq!(process.statuses(order.id), ["succeeded", "failed"]);
    assert_eq!(shop.stripe.charges(), 1);
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn stripe_refuses_a_card_and_a_token_in_different_words() {
    let shop = Shop::open();
    let process = shop.start();
    let order = process.awaiting_payment();
    let declined = shop.stripe.card(peer::DECLINED);
    process.pay(order.id, &declined).problem(402, "payment_declined");
    let problem = process.pay(order.id, "pm_nobody_has_made").problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["field"], "token");
    let refused = process.pay(OrderId::new(), "visa").problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "token");
    assert_eq!(process.statuses(order.id), ["failed", "failed"]);
    process.paid(order.id, "pm_card_visa");
    assert_eq!(shop.stripe.charges(), 1);
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn f3_stripe_gives_back_once_also_when_an_answer_is_lost() {
    let shop = Shop::open();
    let process = shop.start();
    let order = process.awaiting_payment();
    let payment = process.paid(order.id, "pm_card_visa");
    shop.front.lose("/refunds", true);
    for _ in 0..2 {
        process.request_refund(order.id, payment);
    }
    process.await_status(order.id, "refunded");
    let refunds = shop.stripe.list("refunds");
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    assert_eq!(refunds[0]["amount"], 4_999);
    shop.world.await_told(payment, &["created", "refunded"]);
}

#[test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
fn what_another_provider_charges_is_left_to_it() {
    let shop = Shop::open();
    let order = {
        let process = Process::start(&shop.world);
        let order = process.awaiting_payment();
        process.paid(order.id, "pm_card_authenticationRequired");
        process.crash();
        order
    };
    let process = shop.start();
    let marker = process.awaiting_payment();
    process.pay(marker.id, &shop.stripe.card(peer::ASKS)).expect(201);
    // The reconciler has been here when it asks about the newer one.
    let asked = || shop.front.calls().iter().filter(|call| call.starts_with("GET")).count();
    eventually(|| if asked() > 0 { Ok(()) } else { Err(()) });
    assert_eq!(process.statuses(order.id), ["requires_action"]);
}
