//! New orders of the same moment share a transaction.
//!
//! What an order costs the database is ways there and back and a sync of the disk, and that is the
//! same for one order as for eight. So an order does not begin a transaction: it lines up, and
//! whichever transaction comes next takes those that wait. One that comes alone goes at once.
//!
//! - Each order gets its own answer, and an answer of success only after the commit.
//! - Where the transaction of several fails, each is tried again in one of its own, so that none
//!   fails for another's sake.
//! - An order whose caller is gone before its turn is not placed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ticketing_contracts::{OrderId, Timestamp, UserId};
use ticketkit_auth::AuthError;
use ticketkit_events::{Envelope, sql::Tx};
use tokio::sync::oneshot;

use crate::{
    Error,
    app::{App, RecordError},
    domain::{Order, State},
    store::{self, history::Entry},
};

/// More in one transaction win little, and hold up those that want one of the same tickets.
const TOGETHER: usize = 8;

/// Transactions at the same time: while one waits for the disk, others ask their questions. On SQLite
/// one of them writes, and the others wait for their turn.
const AT_ONCE: usize = 3;

/// The orders that wait to be placed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placing(Arc<Mutex<Line>>);

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// Tasks that serve the line.
    serving: usize,
}

#[derive(Debug)]
struct Waiting {
    order: Order,
    /// Its `order.created`, with the trace of its request.
    created: Envelope,
    answer: oneshot::Sender<Result<(), Error>>,
}

impl App {
    /// Places an order and publishes its event; it is durable when this returns.
    ///
    /// If this future is dropped, the order is placed or not.
    ///
    /// # Errors
    ///
    /// If another order has the ticket, or may get it; if the buyer or the seller is banned; or if
    /// the database fails. The order is not placed then.
    pub(crate) async fn place(&self, order: Order, created: Envelope) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        if self.placing.join(Waiting { order, created, answer }) {
            tokio::spawn(serve(self.clone()));
        }
        // Without an answer its task has panicked, and rolled back.
        answered.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }
}

impl Placing {
    /// Lines up; returns whether another task has to begin to serve.
    fn join(&self, new: Waiting) -> bool {
        let mut line = self.line();
        line.waiting.push_back(new);
        let more = line.serving < AT_ONCE;
        line.serving += usize::from(more);
        more
    }

    /// Takes those who come next, and whose callers are still there, sorted by their tickets.
    fn take(&self) -> Vec<Waiting> {
        let mut line = self.line();
        let mut taken = Vec::with_capacity(TOGETHER);
        while taken.len() < TOGETHER
            && let Some(next) = line.waiting.pop_front()
        {
            if !next.answer.is_closed() {
                taken.push(next);
            }
        }
        taken.sort_by_key(|waiting| waiting.order.ticket.id);
        taken
    }

    /// Tells whether a task has to go on; if not, it no longer counts as serving.
    fn goes_on(&self) -> bool {
        let mut line = self.line();
        let goes_on = !line.waiting.is_empty();
        line.serving -= usize::from(!goes_on);
        goes_on
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing is left half done where a thread could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    let mut group = app.placing.take();
    match place_all(&app, begun, &group).await {
        Ok(outcomes) => {
            for (one, outcome) in group.into_iter().zip(outcomes) {
                one.tell(outcome);
            }
        }
        Err(error) if group.len() > 1 => {
            warn(&error, group.len());
            for one in group {
                let outcome = place_alone(&app, &one).await;
                one.tell(outcome);
            }
        }
        Err(error) => {
            if let Some(one) = group.pop() {
                one.tell(Err(error.into()));
            }
        }
    }
}

async fn place_alone(app: &App, one: &Waiting) -> Result<(), Error> {
    let begun = app.database.begin().await;
    place_all(app, begun, std::slice::from_ref(one)).await?.pop().unwrap_or(Ok(()))
}

/// Places orders in a transaction; returns the outcome of each.
async fn place_all(
    app: &App,
    begun: Result<Tx, sqlx::Error>,
    group: &[Waiting],
) -> Result<Vec<Result<(), Error>>, RecordError> {
    let mut tx = begun?;
    if group.is_empty() {
        tx.rollback().await?;
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    let users = group.iter().flat_map(|one| [one.order.buyer, one.order.seller]).collect();
    let banned = store::bans::banned_of(&mut tx, &users, now).await?;
    let allowed: Vec<_> =
        group.iter().filter(|one| check_bans(&one.order, &banned).is_ok()).collect();
    let placed = write(&mut tx, &allowed, now).await?;
    let mut outcomes = Vec::with_capacity(group.len());
    for Waiting { order, .. } in group {
        outcomes.push(match check_bans(order, &banned) {
            Ok(()) if placed.contains(&order.id) => Ok(()),
            Ok(()) => taken(&mut tx, order).await?,
            Err(refusal) => Err(refusal),
        });
    }
    tx.commit().await?;
    Ok(outcomes)
}

/// Writes orders, their history and their events; returns which of them have their tickets.
async fn write(
    tx: &mut Tx,
    allowed: &[&Waiting],
    now: Timestamp,
) -> Result<Vec<OrderId>, RecordError> {
    if allowed.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<_> = allowed.iter().map(|one| &one.order).collect();
    let placed = store::orders::insert_all(tx, &orders).await?;
    let written = || allowed.iter().filter(|one| placed.contains(&one.order.id));
    let entries: Vec<_> = written().map(|one| (one.order.id, Entry::of(&one.order, now))).collect();
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

/// The outcome of an order that was not written.
async fn taken(tx: &mut Tx, order: &Order) -> Result<Result<(), Error>, sqlx::Error> {
    let active = store::orders::active_of(tx, order.ticket.id).await?;
    Ok(match active {
        // A commit of before was answered with an error, and had happened.
        Some(active) if active.id == order.id => Ok(()),
        Some(Order { state: State::Complete { .. }, .. }) => Err(Error::TicketSold),
        _ => Err(Error::TicketReserved),
    })
}

fn warn(error: &RecordError, orders: usize) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, orders, "orders are placed one by one");
}

impl Waiting {
    fn tell(self, outcome: Result<(), Error>) {
        // Whose caller is gone is told nothing; the order is placed, and its list has it.
        let _ = self.answer.send(outcome);
    }
}
