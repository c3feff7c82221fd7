//! Orders that are written together.

use std::collections::{BTreeMap, btree_map::Entry};

use ticketing_contracts::{OrderId, TicketId, Timestamp, UserId, order::OrderCreated};
use ticketkit_auth::AuthError;
use ticketkit_events::{Causation, Envelope, PublishError, sql::Tx};
use tokio::sync::oneshot;

use super::line::{Waiting, Wish};
use crate::{
    Error,
    app::{App, RecordError},
    domain::{Order, State},
    store::{self, history},
};

/// An order that may be written.
#[derive(Debug)]
pub(super) struct Candidate {
    order: Order,
    created: Envelope,
    pub(super) answer: oneshot::Sender<Result<Order, Error>>,
}

/// What became of the candidates.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Of each.
    pub(super) outcomes: Vec<Result<(), Error>>,
    /// Which order has the ticket, or may get it; of tickets without a candidate that was allowed
    /// there is nothing.
    pub(super) active: BTreeMap<TicketId, Option<Order>>,
}

/// Places orders in a transaction.
pub(super) async fn place_all(
    app: &App,
    begun: Result<Tx, sqlx::Error>,
    group: &[Candidate],
) -> Result<Placed, RecordError> {
    let mut tx = begun?;
    if group.is_empty() {
        tx.rollback().await?;
        return Ok(Placed::default());
    }
    let now = app.clock.now();
    let users = group.iter().flat_map(|one| [one.order.buyer, one.order.seller]).collect();
    let banned = store::bans::banned_of(&mut tx, &users, now).await?;
    let allowed = group.iter().filter(|one| check_bans(&one.order, &banned).is_ok());
    let firsts = firsts(allowed);
    let placed = write(&mut tx, &firsts, now).await?;
    // Asked once for each ticket, and not for those that have their order from here.
    let mut active: BTreeMap<TicketId, Option<Order>> = firsts
        .iter()
        .filter(|first| placed.contains(&first.order.id))
        .map(|first| (first.order.ticket.id, Some(first.order.clone())))
        .collect();
    let mut outcomes = Vec::with_capacity(group.len());
    for Candidate { order, .. } in group {
        outcomes.push(match check_bans(order, &banned) {
            Ok(()) => {
                let active = match active.entry(order.ticket.id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => {
                        unknown.insert(store::orders::active_of(&mut tx, order.ticket.id).await?)
                    }
                };
                match active {
                    // Written now; or by a commit of before that was answered with an error, and had
                    // happened.
                    Some(active) if active.id == order.id => Ok(()),
                    active => Err(taken(active.as_ref())),
                }
            }
            Err(refusal) => Err(refusal),
        });
    }
    tx.commit().await?;
    Ok(Placed { outcomes, active })
}

/// Returns the first order for each ticket; those for one stand together.
fn firsts<'a>(sorted: impl Iterator<Item = &'a Candidate>) -> Vec<&'a Candidate> {
    let mut firsts: Vec<&Candidate> = Vec::new();
    for one in sorted {
        if firsts.last().is_none_or(|last| last.order.ticket.id != one.order.ticket.id) {
            firsts.push(one);
        }
    }
    firsts
}

/// Writes orders, their history and their events; returns which of them have their tickets.
async fn write(
    tx: &mut Tx,
    firsts: &[&Candidate],
    now: Timestamp,
) -> Result<Vec<OrderId>, RecordError> {
    if firsts.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<_> = firsts.iter().map(|one| &one.order).collect();
    let placed = store::orders::insert_all(tx, &orders).await?;
    let written = || firsts.iter().filter(|one| placed.contains(&one.order.id));
    let entries: Vec<_> =
        written().map(|one| (one.order.id, history::Entry::of(&one.order, now))).collect();
    if !entries.is_empty() {
        store::history::insert_all(tx, &entries).await?;
        let events: Vec<_> = written().map(|one| one.created.clone()).collect();
        tx.publish_envelopes(&events).await?;
    }
    Ok(placed)
}

/// Refuses an order whose buyer or seller is banned.
///
/// The ban may be handled here and not yet be known to the layer: an order that was placed after the
/// user's orders were cancelled would stay.
fn check_bans(order: &Order, banned: &[UserId]) -> Result<(), Error> {
    if banned.contains(&order.buyer) {
        return Err(AuthError::AccountBanned.into());
    }
    if banned.contains(&order.seller) {
        return Err(Error::TicketWithdrawn);
    }
    Ok(())
}

/// Why there is no order, by which other one has its ticket, or may get it.
pub(super) fn taken(active: Option<&Order>) -> Error {
    match active {
        Some(Order { state: State::Complete { .. }, .. }) => Error::TicketSold,
        _ => Error::TicketReserved,
    }
}

impl Waiting {
    /// Makes the order, and its event; answers where that cannot be written.
    pub(super) fn into_candidate(self, app: &App) -> Option<Candidate> {
        let Self { wish: Wish { buyer, causation, answer, .. }, wanted } = self;
        let order = Order::place(buyer, &wanted.ticket, app.clock.now() + app.settings.hold);
        match created(app, &order, causation) {
            Ok(created) => Some(Candidate { order, created, answer }),
            Err(error) => {
                let _ = answer.send(Err(error.into()));
                None
            }
        }
    }
}

fn created(app: &App, order: &Order, causation: Causation) -> Result<Envelope, PublishError> {
    let publisher = app.publisher.clone().with_causation(causation);
    publisher.envelope(&OrderCreated { order: order.to_contract() })
}

impl Candidate {
    pub(super) fn tell(self, outcome: Result<(), Error>) {
        // Whose caller is gone is told nothing; the order is placed, and its list has it.
        let _ = self.answer.send(outcome.map(|()| self.order));
    }
}
