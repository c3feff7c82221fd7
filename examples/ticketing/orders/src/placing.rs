//! New orders of the same moment share a transaction.
//!
//! What an order costs the database is ways there and back and a sync of the disk, and that is the
//! same for one order as for eight. So an order does not begin a transaction: it lines up, and
//! whichever transaction comes next takes those that wait. One that comes alone goes at once.
//!
//! - Each order gets its own answer, and an answer of success only after the commit.
//! - Orders for one ticket go together. The first eight are asked about their buyers, the first of
//!   these that may is written, and what became of it is the answer of all others: they had come
//!   before. A rush costs a few transactions, however many come.
//! - Where the transaction of several fails, each is tried again in one of its own, so that none
//!   fails for another's sake.
//! - An order whose caller is gone before its turn is not placed.

use std::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ticketing_contracts::{OrderId, TicketId, Timestamp, UserId};
use ticketkit_auth::AuthError;
use ticketkit_events::{Envelope, sql::Tx};
use tokio::sync::oneshot;

use crate::{
    Error,
    app::{App, RecordError},
    domain::{Order, State},
    store::{self, history},
};

/// Tickets of one transaction: more win little, and hold up those that want one of the same.
const TOGETHER: usize = 8;

/// Orders for one ticket that may get it in a transaction: each locks its buyer, and PostgreSQL has
/// room for some thousand locks.
const CANDIDATES: usize = 8;

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

/// The orders of a transaction.
#[derive(Debug, Default)]
struct Group {
    /// Sorted by their tickets; those for one in their turns.
    candidates: Vec<Waiting>,
    /// Those behind them for the same tickets.
    others: Vec<Waiting>,
}

/// What became of the candidates.
#[derive(Debug, Default)]
struct Placed {
    /// Of each.
    outcomes: Vec<Result<(), Error>>,
    /// Which order has the ticket, or may get it; of tickets without a candidate that was allowed
    /// there is nothing.
    active: BTreeMap<TicketId, Option<Order>>,
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

    /// Takes those who come next, and whose callers are still there, with all others who want one of
    /// their tickets.
    fn take(&self) -> Group {
        let mut line = self.line();
        let mut tickets: BTreeMap<TicketId, usize> = BTreeMap::new();
        let (mut group, mut left) = (Group::default(), VecDeque::new());
        for next in line.waiting.drain(..).filter(|next| !next.answer.is_closed()) {
            let ticket = next.order.ticket.id;
            if tickets.len() == TOGETHER && !tickets.contains_key(&ticket) {
                left.push_back(next);
                continue;
            }
            let candidates = tickets.entry(ticket).or_default();
            if *candidates < CANDIDATES {
                *candidates += 1;
                group.candidates.push(next);
            } else {
                group.others.push(next);
            }
        }
        line.waiting = left;
        group.candidates.sort_by_key(|waiting| waiting.order.ticket.id);
        group
    }

    /// Lets some be the next ones again, in their turns.
    fn put_back(&self, others: Vec<Waiting>) {
        let mut line = self.line();
        for one in others.into_iter().rev() {
            line.waiting.push_front(one);
        }
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
    let Group { mut candidates, mut others } = app.placing.take();
    match place_all(&app, begun, &candidates).await {
        Ok(Placed { outcomes, active }) => {
            for (one, outcome) in candidates.into_iter().zip(outcomes) {
                one.tell(outcome);
            }
            // Where no candidate was allowed, the next ones are.
            for one in others.extract_if(.., |one| active.contains_key(&one.order.ticket.id)) {
                let active = active.get(&one.order.ticket.id).and_then(Option::as_ref);
                let outcome = outcome(&one.order, active);
                one.tell(outcome);
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

async fn place_alone(app: &App, one: &Waiting) -> Result<(), Error> {
    let begun = app.database.begin().await;
    let mut placed = place_all(app, begun, std::slice::from_ref(one)).await?;
    placed.outcomes.pop().unwrap_or(Ok(()))
}

/// Places orders in a transaction.
async fn place_all(
    app: &App,
    begun: Result<Tx, sqlx::Error>,
    group: &[Waiting],
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
    for Waiting { order, .. } in group {
        outcomes.push(match check_bans(order, &banned) {
            Ok(()) => {
                let active = match active.entry(order.ticket.id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => {
                        unknown.insert(store::orders::active_of(&mut tx, order.ticket.id).await?)
                    }
                };
                outcome(order, active.as_ref())
            }
            Err(refusal) => Err(refusal),
        });
    }
    tx.commit().await?;
    Ok(Placed { outcomes, active })
}

/// Returns the first order for each ticket; those for one stand together.
fn firsts<'a>(sorted: impl Iterator<Item = &'a Waiting>) -> Vec<&'a Waiting> {
    let mut firsts: Vec<&Waiting> = Vec::new();
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
    firsts: &[&Waiting],
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

/// The outcome of an order, by which order has its ticket, or may get it.
fn outcome(order: &Order, active: Option<&Order>) -> Result<(), Error> {
    match active {
        // Written now; or by a commit of before that was answered with an error, and had happened.
        Some(active) if active.id == order.id => Ok(()),
        Some(Order { state: State::Complete { .. }, .. }) => Err(Error::TicketSold),
        _ => Err(Error::TicketReserved),
    }
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

#[cfg(test)]
mod tests {
    use ticketing_contracts::{
        order::OrderCreated,
        ticket::{Ticket, TicketStatus},
    };
    use ticketkit_events::Publisher;

    use super::*;

    type Answer = oneshot::Receiver<Result<(), Error>>;

    /// Lines up an order for a ticket.
    fn join(placing: &Placing, ticket: TicketId) -> (OrderId, Answer) {
        let seen = Ticket {
            id: ticket,
            version: 1,
            title: "A concert".to_owned(),
            price: 1500,
            currency: "USD".parse().unwrap(),
            user_id: UserId::new(),
            status: TicketStatus::Available,
            order_id: None,
        };
        let order = Order::place(UserId::new(), &seen, Timestamp::from_millis(0));
        let created = OrderCreated { order: order.to_contract() };
        let created = Publisher::new("orders").envelope(&created).unwrap();
        let ((answer, answered), id) = (oneshot::channel(), order.id);
        placing.join(Waiting { order, created, answer });
        (id, answered)
    }

    fn ids(taken: &[Waiting]) -> Vec<OrderId> {
        taken.iter().map(|waiting| waiting.order.id).collect()
    }

    #[test]
    fn those_who_want_one_ticket_go_together_each_in_its_turn() {
        let placing = Placing::default();
        let tickets: Vec<TicketId> = (0..TOGETHER + 2).map(|_| TicketId::new()).collect();
        let (mut first, mut second, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..3 {
            for (of, &ticket) in tickets.iter().enumerate() {
                let (id, answer) = join(&placing, ticket);
                answers.push(answer);
                let group = if of < TOGETHER { &mut first } else { &mut second };
                group.push((ticket, id));
            }
        }
        for mut expected in [first, second] {
            let taken = placing.take().candidates;
            // Their turns among those for the same ticket are kept.
            expected.sort_by_key(|(ticket, _)| *ticket);
            let expected: Vec<OrderId> = expected.into_iter().map(|(_, id)| id).collect();
            assert_eq!(ids(&taken), expected);
            let firsts: Vec<OrderId> =
                firsts(taken.iter()).into_iter().map(|first| first.order.id).collect();
            assert_eq!(firsts, expected.into_iter().step_by(3).collect::<Vec<_>>());
        }
        assert!(placing.take().candidates.is_empty());
    }

    #[test]
    fn of_a_rush_few_may_have_the_ticket_and_all_others_get_their_answer_with_them() {
        let placing = Placing::default();
        let ticket = TicketId::new();
        let mut joined: Vec<_> = (0..1_000).map(|_| join(&placing, ticket)).collect();
        let other = join(&placing, TicketId::new());
        // Its caller is gone.
        joined.remove(1);
        let waiting: Vec<OrderId> = joined.iter().map(|(id, _)| *id).collect();
        let group = placing.take();
        let candidates = ids(&group.candidates);
        assert_eq!(candidates.len(), CANDIDATES + 1);
        assert!(candidates.contains(&other.0));
        assert!(waiting[..CANDIDATES].iter().all(|id| candidates.contains(id)), "{candidates:?}");
        assert_eq!(ids(&group.others), waiting[CANDIDATES..]);
        // Nobody was allowed: those behind are the next, before who comes later.
        let late = join(&placing, ticket);
        placing.put_back(group.others);
        let group = placing.take();
        assert_eq!(ids(&group.candidates), waiting[CANDIDATES..2 * CANDIDATES]);
        assert_eq!(ids(&group.others).last(), Some(&late.0));
    }
}
