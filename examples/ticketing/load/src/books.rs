//! The books: what everybody holds at the end, and whether it fits together.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use http::StatusCode;
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    record::Kind,
    session::{AskError, Session},
    trade::Promises,
};

/// How long everything may take to settle: the reconciler looks within ten seconds.
const SETTLED: Duration = Duration::from_secs(90);

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// All that the people of a run hold.
#[derive(Debug, Default)]
pub struct Books {
    tickets: BTreeMap<String, Value>,
    orders: BTreeMap<String, Value>,
    payments: BTreeMap<String, Value>,
}

/// What the books say.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Each breach, as a sentence; none is how it has to be.
    pub breaches: Vec<String>,
    /// How many tickets, orders and payments there are in each state.
    pub states: BTreeMap<String, usize>,
}

impl Books {
    /// Reads what these people hold.
    ///
    /// # Errors
    ///
    /// If there is no answer, or none that can be read.
    pub async fn read(people: &[Session]) -> Result<Self, AskError> {
        let mut books = Self::default();
        for person in people {
            books.tickets.extend(all(person, "/api/tickets/mine").await?);
            books.orders.extend(all(person, "/api/orders").await?);
            books.payments.extend(all(person, "/api/payments").await?);
        }
        Ok(books)
    }

    /// Cancels what is open, waits until everything has settled, and judges the books.
    ///
    /// # Errors
    ///
    /// If there is no answer, or none that can be read.
    pub async fn close(people: &[Session], promises: &Promises) -> Result<Verdict, AskError> {
        let began = Instant::now();
        loop {
            for person in people {
                for (id, order) in all(person, "/api/orders").await? {
                    if is_open(&order) {
                        // A payment may be quicker: then it is complete, and that is an answer too.
                        person.delete(Kind::Check, &format!("/api/orders/{id}")).await?;
                    }
                }
            }
            let books = Self::read(people).await?;
            let verdict = books.judge(promises);
            let is_settled = books.unsettled() == 0 && verdict.breaches.is_empty();
            if is_settled || began.elapsed() > SETTLED {
                return Ok(verdict);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// How much is still under way.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        let orders = self.orders.values().filter(|order| is_open(order)).count();
        let under_way = ["pending", "processing", "requires_action", "refunding"];
        let payments = self.payments.values();
        orders + payments.filter(|payment| under_way.contains(&status(payment))).count()
    }

    /// Holds the books against each other.
    ///
    /// - No ticket is sold twice: it has at most one complete order, and is `sold` to that one.
    /// - Every charge belongs to a complete order, and every complete order has one; what else was
    ///   charged is refunded.
    /// - Every lock is held by an open order.
    /// - What was answered for is there: tickets, orders, cancellations, payments.
    #[must_use]
    pub fn judge(&self, promises: &Promises) -> Verdict {
        let mut verdict = Verdict::default();
        self.count(&mut verdict);
        let breaches = &mut verdict.breaches;
        let mut complete: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, order) in self.orders.iter().filter(|(_, order)| status(order) == "complete") {
            complete.entry(text(&order["ticket"], "id")).or_default().push(id);
        }
        for (ticket, orders) in complete.iter().filter(|(_, orders)| orders.len() > 1) {
            breaches.push(format!("ticket {ticket} is sold {} times: {orders:?}", orders.len()));
        }
        for (id, ticket) in &self.tickets {
            let holder = text(ticket, "orderId");
            let order = self.orders.get(holder);
            match (status(ticket), order) {
                // Somebody who is not of this run may have bought it.
                ("sold" | "reserved", None) if !holder.is_empty() => {}
                ("sold", Some(order)) if status(order) == "complete" => {}
                ("reserved", Some(order)) if is_open(order) => {}
                ("sold" | "reserved", order) => breaches.push(format!(
                    "ticket {id} is {} for order `{holder}`, which is {}",
                    status(ticket),
                    order.map_or("unknown", status)
                )),
                (free, _) if complete.contains_key(id.as_str()) => {
                    breaches
                        .push(format!("ticket {id} is {free}, and an order for it is complete"));
                }
                _ => {}
            }
        }
        self.judge_money(breaches);
        self.judge_promises(promises, breaches);
        verdict
    }

    fn judge_money(&self, breaches: &mut Vec<String>) {
        let mut charged: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, payment) in self.payments.iter().filter(|(_, one)| status(one) == "succeeded") {
            let order = text(payment, "orderId");
            charged.entry(order).or_default().insert(id);
            match self.orders.get(order) {
                Some(found) if status(found) != "complete" => breaches.push(format!(
                    "payment {id} succeeded for order {order}, which is {}",
                    status(found)
                )),
                Some(found) if found["ticket"]["price"] != payment["amount"] => {
                    breaches.push(format!(
                        "payment {id} is over {}, and order {order} over {}",
                        payment["amount"], found["ticket"]["price"]
                    ));
                }
                Some(_) => {}
                None => breaches.push(format!("payment {id} is for order {order}, which is none")),
            }
        }
        for (id, order) in &self.orders {
            let charges = charged.get(id.as_str()).map_or(0, BTreeSet::len);
            let expected = usize::from(status(order) == "complete");
            if charges != expected && (expected == 1 || charges > 1) {
                breaches.push(format!("order {id} is {} and has {charges} charges", status(order)));
            }
        }
    }

    fn judge_promises(&self, promises: &Promises, breaches: &mut Vec<String>) {
        let kept = [
            ("ticket", &promises.tickets, &self.tickets),
            ("order", &promises.orders, &self.orders),
            ("payment", &promises.payments, &self.payments),
        ];
        for (kind, promised, kept) in kept {
            let lost = promised.iter().filter(|id| !kept.contains_key(*id));
            breaches
                .extend(lost.map(|id| format!("{kind} {id} was answered 201 and is not there")));
        }
        for id in &promises.cancelled {
            let status = self.orders.get(id).map_or("not there", status);
            if status != "cancelled" {
                breaches.push(format!("order {id} was cancelled with 204 and is {status}"));
            }
        }
    }

    fn count(&self, verdict: &mut Verdict) {
        let kinds =
            [("ticket", &self.tickets), ("order", &self.orders), ("payment", &self.payments)];
        for (kind, documents) in kinds {
            for document in documents.values() {
                *verdict.states.entry(format!("{kind} {}", status(document))).or_default() += 1;
            }
        }
    }
}

/// Reads all pages of a list.
async fn all(person: &Session, path: &str) -> Result<Vec<(String, Value)>, AskError> {
    let mut found = Vec::new();
    let mut next = Some(format!("{path}?limit=100"));
    while let Some(page) = next.take() {
        let answer = person.get(Kind::Check, &page).await?;
        if answer.status != StatusCode::OK {
            return Err(AskError::Unexpected("a list", answer.status, answer.document));
        }
        for item in answer.document["items"].as_array().into_iter().flatten() {
            found.push((text(item, "id").to_owned(), item.clone()));
        }
        let after = answer.document["next"].as_str();
        next = after.map(|after| format!("{path}?limit=100&after={after}"));
    }
    Ok(found)
}

fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document[name].as_str().unwrap_or_default()
}

fn status(document: &Value) -> &str {
    text(document, "status")
}

fn is_open(order: &Value) -> bool {
    matches!(status(order), "created" | "awaiting_payment")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn books(
        ticket: &str,
        holder: &str,
        orders: &[(&str, &str)],
        payments: &[(&str, &str)],
    ) -> Books {
        let mut books = Books::default();
        let ticket = json!({ "id": "t", "status": ticket, "orderId": holder });
        books.tickets.insert("t".to_owned(), ticket);
        for (id, status) in orders {
            let order =
                json!({ "id": id, "status": status, "ticket": { "id": "t", "price": 100 } });
            books.orders.insert((*id).to_owned(), order);
        }
        for (order, status) in payments {
            let id = format!("p{}", books.payments.len());
            let payment = json!({ "id": id, "orderId": order, "status": status, "amount": 100 });
            books.payments.insert(id, payment);
        }
        books
    }

    #[test]
    fn what_fits_together_is_no_breach() {
        for books in [
            books("available", "", &[("a", "cancelled")], &[("a", "refunded"), ("a", "failed")]),
            books("reserved", "a", &[("a", "awaiting_payment")], &[("a", "processing")]),
            books("sold", "a", &[("a", "complete"), ("b", "expired")], &[("a", "succeeded")]),
            books("sold", "of somebody else", &[], &[]),
        ] {
            assert_eq!(
                books.judge(&Promises::default()).breaches,
                Vec::<String>::new(),
                "{books:?}"
            );
        }
    }

    #[test]
    fn every_breach_is_found() {
        for (books, breach) in [
            (
                books(
                    "sold",
                    "a",
                    &[("a", "complete"), ("b", "complete")],
                    &[("a", "succeeded"), ("b", "succeeded")],
                ),
                "sold 2 times",
            ),
            (books("reserved", "a", &[("a", "expired")], &[]), "is reserved for order `a`"),
            (books("sold", "a", &[("a", "cancelled")], &[]), "is sold for order `a`"),
            (books("sold", "", &[], &[]), "which is unknown"),
            (
                books("available", "", &[("a", "complete")], &[("a", "succeeded")]),
                "an order for it is complete",
            ),
            (
                books("available", "", &[("a", "cancelled")], &[("a", "succeeded")]),
                "which is cancelled",
            ),
            (books("sold", "a", &[("a", "complete")], &[]), "has 0 charges"),
            (
                books("sold", "a", &[("a", "complete")], &[("a", "succeeded"), ("a", "succeeded")]),
                "has 2 charges",
            ),
            (books("available", "", &[], &[("x", "succeeded")]), "which is none"),
        ] {
            let breaches = books.judge(&Promises::default()).breaches;
            assert!(breaches.iter().any(|found| found.contains(breach)), "{breach}: {breaches:?}");
        }
    }

    #[test]
    fn what_was_answered_for_must_be_there() {
        let books = books("available", "", &[("a", "complete")], &[]);
        let one = |id: &str| BTreeSet::from([id.to_owned()]);
        let promises = Promises {
            tickets: one("lost-1"),
            orders: one("lost-2"),
            cancelled: one("a"),
            payments: one("lost-3"),
        };
        let breaches = books.judge(&promises).breaches.join("\n");
        for expected in [
            "ticket lost-1 was",
            "order lost-2 was",
            "payment lost-3 was",
            "with 204 and is complete",
        ] {
            assert!(breaches.contains(expected), "{breaches}");
        }
    }
}
