//! What people do: each sells, browses, buys, pays or lets go, one thing after another.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    dice::Dice,
    record::Kind,
    session::{Answer, AskError, Session},
};

/// How many of the newest tickets people look at.
const SHOWN: usize = 60;

/// How long a person waits for what other services have to learn first.
const PATIENCE: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// The cards, and of a hundred payments how many are paid with each.
const CARDS: [(&str, u64); 5] = [
    ("pm_card_visa", 80),
    ("pm_card_chargeDeclined", 6),
    ("pm_card_processing", 6),
    ("pm_card_authenticationRequired", 5),
    ("pm_card_timeoutAfterCharge", 3),
];

/// The market as all people see it.
#[derive(Debug, Clone, Default)]
pub struct Market(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The ids of tickets that were sold to nobody when last heard of, the newest last.
    offers: Mutex<Vec<String>>,
    over: AtomicBool,
    counts: Counts,
    promises: Mutex<Promises>,
}

/// What the system has answered for: it must hold, whatever happens to the system afterwards.
#[derive(Debug, Clone, Default)]
pub struct Promises {
    /// Tickets that were answered 201.
    pub tickets: BTreeSet<String>,
    /// Orders that were answered 201.
    pub orders: BTreeSet<String>,
    /// Orders whose cancellation was answered 204.
    pub cancelled: BTreeSet<String>,
    /// Payments that were answered 201.
    pub payments: BTreeSet<String>,
}

/// What came of what people did.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "each is said by its name")]
pub struct Counts {
    pub listed: AtomicU64,
    pub ordered: AtomicU64,
    pub contested: AtomicU64,
    pub reserved: AtomicU64,
    pub paid: AtomicU64,
    pub declined: AtomicU64,
    pub cancelled: AtomicU64,
    /// Orders that were cancelled by the system, or took too long to be confirmed.
    pub lost: AtomicU64,
}

impl Market {
    /// Tells everybody to finish what they are at.
    pub fn close(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }

    /// Returns what came of it so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// Returns what the system has answered for so far.
    #[must_use]
    pub fn promises(&self) -> Promises {
        self.promised().clone()
    }

    fn promised(&self) -> MutexGuard<'_, Promises> {
        self.0.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Relaxed)
    }

    fn offer(&self, ticket: String) {
        self.offers().push(ticket);
    }

    /// Picks one of the newest tickets; it stays for others to want too.
    fn pick(&self, dice: &mut Dice) -> Option<String> {
        let offers = self.offers();
        let newest = &offers[offers.len().saturating_sub(SHOWN)..];
        dice.pick(newest).cloned()
    }

    fn gone(&self, ticket: &str) {
        self.offers().retain(|known| known != ticket);
    }

    fn offers(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Trades until the market closes. What the system fails at is in the record; people go on.
pub async fn trade(session: Session, market: Market, mut dice: Dice) {
    while !market.is_over() {
        let done = match dice.below(100) {
            0..30 => sell(&session, &market, &mut dice).await,
            30..50 => browse(&session).await,
            _ => match market.pick(&mut dice) {
                Some(ticket) => buy(&session, &market, &mut dice, &ticket).await,
                None => sell(&session, &market, &mut dice).await,
            },
        };
        if done.is_err() {
            // Who gets no answer does not ask again at once.
            sleep(LONGEST_PAUSE).await;
        }
    }
}

async fn browse(session: &Session) -> Result<(), AskError> {
    session.get(Kind::Browse, "/api/tickets?limit=20").await.map(drop)
}

async fn sell(session: &Session, market: &Market, dice: &mut Dice) -> Result<(), AskError> {
    let price = 100 + dice.below(20_000);
    let body = json!({ "title": format!("Row {}", dice.below(40)), "price": price });
    let answer = session.post(Kind::Sell, "/api/tickets", &body).await?;
    if answer.status == StatusCode::CREATED
        && let Some(id) = answer.document["id"].as_str()
    {
        add(&market.counts().listed);
        market.promised().tickets.insert(id.to_owned());
        market.offer(id.to_owned());
    }
    Ok(())
}

async fn buy(
    session: &Session,
    market: &Market,
    dice: &mut Dice,
    ticket: &str,
) -> Result<(), AskError> {
    let body = json!({ "ticketId": ticket });
    // The orders service may not have heard of the ticket yet.
    let answer = until(
        || session.post(Kind::Order, "/api/orders", &body),
        |answer| answer.status != StatusCode::NOT_FOUND,
    )
    .await?;
    if answer.status != StatusCode::CREATED {
        add(&market.counts().contested);
        if matches!(answer.code(), "ticket_sold" | "ticket_withdrawn") {
            market.gone(ticket);
        }
        return Ok(());
    }
    add(&market.counts().ordered);
    let Some(order) = answer.document["id"].as_str() else { return Ok(()) };
    market.promised().orders.insert(order.to_owned());
    let path = format!("/api/orders/{order}");
    let confirmed = until(
        || session.get(Kind::ReadOrder, &path),
        |answer| answer.status == StatusCode::OK && answer.document["status"] != "created",
    )
    .await?;
    if confirmed.document["status"] != "awaiting_payment" {
        add(&market.counts().lost);
        return Ok(());
    }
    add(&market.counts().reserved);
    if dice.below(100) < 15 {
        if session.delete(Kind::Cancel, &path).await?.status == StatusCode::NO_CONTENT {
            add(&market.counts().cancelled);
            market.promised().cancelled.insert(order.to_owned());
        }
        return Ok(());
    }
    pay(session, market, dice, order, ticket).await
}

async fn pay(
    session: &Session,
    market: &Market,
    dice: &mut Dice,
    order: &str,
    ticket: &str,
) -> Result<(), AskError> {
    let card = card(dice);
    let body = json!({ "orderId": order, "token": card });
    let key = format!("{order}-{}", dice.roll());
    let paying = || session.send(Kind::Pay, Method::POST, "/api/payments", Some(&body), Some(&key));
    let answer = until(paying, |answer| answer.status != StatusCode::NOT_FOUND).await?;
    match answer.status {
        StatusCode::CREATED => {
            market.gone(ticket);
            add(&market.counts().paid);
            let Some(id) = answer.document["id"].as_str() else { return Ok(()) };
            market.promised().payments.insert(id.to_owned());
            if answer.document["status"] == "requires_action" {
                let path = format!("/api/payments/{id}/confirm");
                session.post(Kind::Pay, &path, &json!({})).await?;
            }
        }
        StatusCode::PAYMENT_REQUIRED => add(&market.counts().declined),
        _ => {}
    }
    Ok(())
}

fn card(dice: &mut Dice) -> &'static str {
    let mut number = dice.below(100);
    for (card, share) in CARDS {
        if number < share {
            return card;
        }
        number -= share;
    }
    CARDS[0].0
}

/// Asks until the answer is what one waits for, with growing pauses; returns the last answer.
pub async fn until<F>(
    mut ask: impl FnMut() -> F,
    is_enough: impl Fn(&Answer) -> bool,
) -> Result<Answer, AskError>
where
    F: Future<Output = Result<Answer, AskError>>,
{
    let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        let answer = ask().await;
        let enough = answer.as_ref().is_ok_and(&is_enough);
        if enough || began.elapsed() > PATIENCE {
            return answer;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_is_used_as_often_as_it_should() {
        assert_eq!(CARDS.iter().map(|(_, share)| share).sum::<u64>(), 100);
        let mut dice = Dice::new(1);
        for (name, _) in CARDS {
            assert!((0..1_000).any(|_| card(&mut dice) == name), "{name}");
        }
    }
}
