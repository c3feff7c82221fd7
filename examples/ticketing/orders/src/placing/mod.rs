//! New orders of the same moment share their statements and a transaction.
//!
//! What an order costs the database is ways there and back and a sync of the disk, and that is the
//! same for one order as for eight. So an order does not begin a transaction: it lines up, and
//! whichever comes next takes those that wait. One that comes alone goes at once.
//!
//! - First the ticket is looked at, in one statement for all who have come. A rush ends here but for
//!   the first buyers: what is refused for good takes no turn to write.
//! - Each order gets its own answer, and an answer of success only after the commit.
//! - Orders for one ticket go together. The first eight are asked about their buyers, the first of
//!   these that may is written, and what became of it is the answer of all others: they had come
//!   before. A rush costs a few transactions, however many come.
//! - Where the statement or the transaction of several fails, each is tried again in one of its own,
//!   so that none fails for another's sake.
//! - An order whose caller is gone before its turn is not placed.
//!
//! The tasks of the requests wait for one thing, their answer: in a rush a thousand of them are
//! woken once.

mod line;
mod transaction;

use std::{collections::BTreeSet, sync::Arc};

use ticketing_contracts::{TicketId, UserId, ticket::TicketStatus};
use ticketkit_core::error::NotFound;
use ticketkit_events::Causation;
use tokio::sync::oneshot;

pub(crate) use self::line::Placing;
use self::{
    line::{Group, Waiting, Wish},
    transaction::{Candidate, Placed, place_all, taken},
};
use crate::{
    Error,
    app::App,
    domain::Order,
    store::{self, tickets::Wanted},
};

impl App {
    /// Places an order for a ticket and publishes its event; it is durable when this returns.
    ///
    /// If this future is dropped, the order is placed or not.
    ///
    /// # Errors
    ///
    /// If there is no such ticket, or it is the buyer's own or not for sale; if another order has it,
    /// or may get it; if the buyer or the seller is banned; or if the database fails. The order is
    /// not placed then.
    pub(crate) async fn place(
        &self,
        buyer: UserId,
        ticket: TicketId,
        causation: Causation,
    ) -> Result<Order, Error> {
        let (answer, answered) = oneshot::channel();
        if self.placing.come(Wish { buyer, ticket, causation, answer }) {
            tokio::spawn(look(self.clone()));
        }
        // Without an answer its task has panicked, and rolled back.
        answered.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }
}

/// Looks at tickets until nobody is new.
async fn look(app: App) {
    while let Some(new) = app.placing.take_new() {
        // A task of its own, so that a panic ends that and not the looking.
        let _ = tokio::spawn(look_at_all(app.clone(), new)).await;
    }
}

async fn look_at_all(app: App, new: Vec<Wish>) {
    let tickets: BTreeSet<TicketId> = new.iter().map(|wish| wish.ticket).collect();
    let tickets: Vec<TicketId> = tickets.into_iter().collect();
    match store::tickets::find_wanted(&app.database, &tickets).await {
        Ok(found) => {
            let free = new.into_iter().filter_map(|wish| {
                let wanted = found.get(&wish.ticket).cloned();
                wish.unless_in_vain(wanted)
            });
            line_up(&app, free.collect());
        }
        Err(error) => {
            warn(&error, new.len());
            for wish in new {
                tokio::spawn(look_at_one(app.clone(), wish));
            }
        }
    }
}

async fn look_at_one(app: App, wish: Wish) {
    match store::tickets::find_wanted(&app.database, &[wish.ticket]).await {
        Ok(mut found) => {
            let wanted = found.remove(&wish.ticket);
            line_up(&app, wish.unless_in_vain(wanted).into_iter().collect());
        }
        Err(error) => wish.tell(Err(error.into())),
    }
}

fn line_up(app: &App, free: Vec<Waiting>) {
    if app.placing.join(free) {
        tokio::spawn(serve(app.clone()));
    }
}

/// Serves the line until nobody waits.
async fn serve(app: App) {
    while app.placing.goes_on() {
        // A task of its own, so that a panic ends that and not the serving.
        let _ = tokio::spawn(place_next(app.clone())).await;
    }
}

async fn place_next(app: App) {
    let begun = app.database.begin().await;
    // Only now: who came while it waited for its turn comes along.
    let Group { candidates, mut others } = app.placing.take();
    let mut candidates: Vec<_> =
        candidates.into_iter().filter_map(|waiting| waiting.into_candidate(&app)).collect();
    match place_all(&app, begun, &candidates).await {
        Ok(Placed { outcomes, active }) => {
            for (one, outcome) in candidates.into_iter().zip(outcomes) {
                one.tell(outcome);
            }
            // Where no candidate was allowed, the next ones are.
            for one in others.extract_if(.., |one| active.contains_key(&one.wish.ticket)) {
                let active = active.get(&one.wish.ticket).and_then(Option::as_ref);
                one.wish.tell(Err(taken(active)));
            }
        }
        Err(error) if candidates.len() > 1 => {
            warn(&error, candidates.len());
            for one in candidates.into_iter().filter(|one| !one.answer.is_closed()) {
                let outcome = place_alone(&app, &one).await;
                one.tell(outcome);
            }
        }
        Err(error) => {
            if let Some(one) = candidates.pop() {
                one.tell(Err(error.into()));
            }
        }
    }
    app.placing.put_back(others);
}

async fn place_alone(app: &App, one: &Candidate) -> Result<(), Error> {
    let begun = app.database.begin().await;
    let mut placed = place_all(app, begun, std::slice::from_ref(one)).await?;
    placed.outcomes.pop().unwrap_or(Ok(()))
}

/// Refuses what is known to be in vain. Whether the ticket is free is for the index to decide, and
/// then for tickets; whether the buyer is banned is asked where the order is written.
fn check(buyer: UserId, wanted: &Wanted) -> Result<(), Error> {
    if wanted.ticket.user_id == buyer {
        return Err(Error::OwnTicket);
    }
    match (wanted.ticket.status, wanted.taken) {
        (TicketStatus::Available, None) => Ok(()),
        (TicketStatus::Withdrawn, _) => Err(Error::TicketWithdrawn),
        (TicketStatus::Sold, _) | (TicketStatus::Available, Some(true)) => Err(Error::TicketSold),
        (TicketStatus::Reserved, _) | (TicketStatus::Available, Some(false)) => {
            Err(Error::TicketReserved)
        }
    }
}

fn warn(error: &(dyn std::error::Error + 'static), orders: usize) {
    tracing::warn!(error, orders, "orders are placed one by one");
}

impl Wish {
    /// Goes on with one that is not known to be in vain; answers the others.
    fn unless_in_vain(self, wanted: Option<Arc<Wanted>>) -> Option<Waiting> {
        let checked = wanted.ok_or(Error::NotFound(NotFound)).and_then(|wanted| {
            check(self.buyer, &wanted)?;
            Ok(wanted)
        });
        match checked {
            Ok(wanted) => Some(Waiting { wish: self, wanted }),
            Err(refusal) => {
                self.tell(Err(refusal));
                None
            }
        }
    }
}
