//! What every provider has to do, whoever it is: one suite for all of them.

use http::HeaderMap;
use ticketing_contracts::{Currency, PaymentId};
use ticketing_payments::{
    StripeSettings,
    provider::{BuiltIn, Charge, ChargeState, Provider, Report, Stripe, WebhookError},
};
use ticketing_tests::stripe::{self, Front, LocalStripe};
use ticketkit_events::{Clock, Timestamp, sql::Database};

/// The tokens of a provider's test cards.
struct Cards {
    good: String,
    declined: String,
    asks: String,
}

/// A provider, and what a buyer does at their bank.
struct Subject<'a> {
    provider: &'a dyn Provider,
    cards: Cards,
    act: &'a dyn Fn(&str),
}

impl Subject<'_> {
    async fn charge(&self, charge: &mut Charge) -> Report {
        let report = self.provider.charge(charge).await.unwrap();
        charge.provider_id.clone_from(&report.provider_id);
        report
    }
}

fn charge(token: &str) -> Charge {
    Charge {
        payment: PaymentId::new(),
        amount: 4_999,
        currency: "EUR".parse::<Currency>().unwrap(),
        token: token.to_owned(),
        provider_id: None,
        created_at: Timestamp::now(),
    }
}

fn is_failed(report: &Report) -> bool {
    matches!(report.state, ChargeState::Failed { .. })
}

async fn holds(subject: &Subject<'_>) {
    charges_once(subject).await;
    declines(subject).await;
    asks_the_buyer(subject).await;
    calls_off(subject).await;
    gives_back_once(subject).await;
    refuses_what_is_not_signed(subject);
}

async fn charges_once(subject: &Subject<'_>) {
    let (provider, fresh) = (subject.provider, charge(&subject.cards.good));
    assert!(provider.knows(&fresh.token) && !provider.knows("") && !provider.knows("pm_ card"));
    let first = provider.charge(&fresh).await.unwrap();
    assert_eq!(first.state, ChargeState::Succeeded);
    assert!(first.provider_id.as_deref().is_some_and(|id| !id.is_empty()));
    // Again by somebody who has not heard the answer.
    assert_eq!(provider.charge(&fresh).await.unwrap(), first);
    assert_eq!(provider.look_up(&fresh).await.unwrap(), Some(first.clone()));
    let heard = Charge { provider_id: first.provider_id.clone(), ..fresh.clone() };
    assert_eq!(provider.look_up(&heard).await.unwrap(), Some(first.clone()));
    // Too late to call off.
    assert_eq!(provider.cancel(&heard).await.unwrap(), first);
    let another = Charge { amount: 1, ..heard };
    assert!(provider.look_up(&another).await.is_err(), "another amount under the same key");
}

async fn declines(subject: &Subject<'_>) {
    let mut declined = charge(&subject.cards.declined);
    let report = subject.charge(&mut declined).await;
    assert_eq!(report.state, ChargeState::Failed { reason: "card_declined".to_owned() });
    assert_eq!(subject.provider.look_up(&declined).await.unwrap(), Some(report.clone()));
    assert!(is_failed(&subject.provider.cancel(&declined).await.unwrap()));
    assert!(subject.provider.refund(&declined).await.is_err(), "there is nothing to give back");
}

async fn asks_the_buyer(subject: &Subject<'_>) {
    let mut asked = charge(&subject.cards.asks);
    let report = subject.charge(&mut asked).await;
    let ChargeState::RequiresAction { client_secret } = report.state.clone() else {
        panic!("{report:?}");
    };
    assert_eq!(subject.provider.look_up(&asked).await.unwrap(), Some(report));
    (subject.act)(&client_secret);
    for _ in 0..2 {
        let confirmed = subject.provider.confirm(&asked).await.unwrap();
        assert_eq!(confirmed.state, ChargeState::Succeeded);
    }
}

async fn calls_off(subject: &Subject<'_>) {
    let provider = subject.provider;
    let mut asked = charge(&subject.cards.asks);
    subject.charge(&mut asked).await;
    assert!(is_failed(&provider.cancel(&asked).await.unwrap()));
    assert!(is_failed(&provider.confirm(&asked).await.unwrap()));

    // What was never heard of can not be charged any more, however late the call arrives.
    let unknown = charge(&subject.cards.good);
    assert_eq!(provider.look_up(&unknown).await.unwrap(), None);
    assert!(is_failed(&provider.cancel(&unknown).await.unwrap()));
    assert!(is_failed(&provider.charge(&unknown).await.unwrap()));
    assert!(is_failed(&provider.look_up(&unknown).await.unwrap().unwrap()));
}

async fn gives_back_once(subject: &Subject<'_>) {
    let mut paid = charge(&subject.cards.good);
    subject.charge(&mut paid).await;
    for _ in 0..2 {
        let report = subject.provider.refund(&paid).await.unwrap();
        assert_eq!(report.state, ChargeState::Refunded);
        assert_eq!(report.provider_id, paid.provider_id);
    }
}

fn refuses_what_is_not_signed(subject: &Subject<'_>) {
    for name in ["ticketing-signature", "stripe-signature"] {
        let mut headers = HeaderMap::new();
        headers.insert(name, "t=1,v1=00".parse().unwrap());
        let read = subject.provider.read_webhook(&headers, b"{}", Timestamp::now());
        assert!(matches!(read, Err(WebhookError::Signature(_))), "{read:?}");
    }
}

#[tokio::test]
async fn the_built_in_provider_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open_file(folder.path().join("books.db")).await.unwrap();
    let provider = BuiltIn::open(&database, Clock::system()).await.unwrap();
    let cards = Cards {
        good: "pm_card_visa".to_owned(),
        declined: "pm_card_chargeDeclined".to_owned(),
        asks: "pm_card_authenticationRequired".to_owned(),
    };
    holds(&Subject { provider: &provider, cards, act: &|_| {} }).await;
}

#[tokio::test]
#[ignore = "needs localstripe installed: run cargo xtask test"]
async fn stripe_keeps_the_contract() {
    let peer = LocalStripe::start();
    let front = Front::before(&peer);
    let provider = Stripe::new(&settings(&front), Clock::system()).unwrap();
    let cards = Cards {
        good: "pm_card_visa".to_owned(),
        declined: peer.card(stripe::DECLINED),
        asks: peer.card(stripe::ASKS),
    };
    let act = |secret: &str| peer.authenticate(secret, true);
    holds(&Subject { provider: &provider, cards, act: &act }).await;
    // Three that were charged, one of them given back, each once.
    assert_eq!((peer.charges(), peer.list("refunds").len()), (3, 1), "{:#?}", front.calls());
}

pub(crate) fn settings(front: &Front) -> StripeSettings {
    serde_json::from_value(serde_json::json!({
        "secret_key": stripe::SECRET_KEY,
        "webhook_secret": stripe::WEBHOOK_SECRET,
        "api_base": front.url(),
    }))
    .unwrap()
}
