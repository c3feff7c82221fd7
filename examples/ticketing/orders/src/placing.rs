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

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ticketing_contracts::{
    OrderId, TicketId, Timestamp, UserId, order::OrderCreated, ticket::TicketStatus,
};
use ticketkit_auth::AuthError;
use ticketkit_core::error::NotFound;
use ticketkit_events::{Causation, Envelope, PublishError, sql::Tx};
use tokio::sync::oneshot;

use crate::{
    Error,
    app::{App, RecordError},
    domain::{Order, State},
    store::{self, history, tickets::Wanted},
};

/// Looks at tickets at the same time; who comes meanwhile shares the next.
const LOOKS_AT_ONCE: usize = 2;

/// Tickets of one transaction: more win little, and hold up those that want one of the same.
const TOGETHER: usize = 8;

/// Orders for one ticket that may get it in a transaction: each locks its buyer, and PostgreSQL has
/// room for some thousand locks.
const CANDIDATES: usize = 8;

/// Transactions at the same time: while one waits for the disk, others ask their questions. On SQLite
/// one of them writes, and the others wait for their turn.
const AT_ONCE: usize = 3;

/// Those who wait for their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placing(Arc<Mutex<Line>>);

#[derive(Debug, Default)]
struct Line {
    new: Vec<Wish>,
    /// Tasks that look at the tickets of the new ones.
    looking: usize,
    waiting: VecDeque<Waiting>,
    /// Tasks that serve those who wait.
    serving: usize,
}

/// A buyer wants a ticket.
#[derive(Debug)]
struct Wish {
    buyer: UserId,
    ticket: TicketId,
    /// Of the request.
    causation: Causation,
    answer: oneshot::Sender<Result<Order, Error>>,
}

/// A wish that is not known to be in vain.
#[derive(Debug)]
struct Waiting {
    wish: Wish,
    wanted: Arc<Wanted>,
}

/// The wishes of a transaction.
#[derive(Debug, Default)]
struct Group {
    /// Sorted by their tickets; those for one in their turns.
    candidates: Vec<Waiting>,
    /// Those behind them for the same tickets.
    others: Vec<Waiting>,
}

/// An order that may be written.
#[derive(Debug)]
struct Candidate {
    order: Order,
    created: Envelope,
    answer: oneshot::Sender<Result<Order, Error>>,
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

impl Placing {
    /// Takes a new one; returns whether another task has to begin to look.
    fn come(&self, new: Wish) -> bool {
        let mut line = self.line();
        line.new.push(new);
        let more = line.looking < LOOKS_AT_ONCE;
        line.looking += usize::from(more);
        more
    }

    /// Takes those who have come, and whose callers are still there. If nobody has, the task that
    /// asks no longer counts as looking.
    fn take_new(&self) -> Option<Vec<Wish>> {
        let mut line = self.line();
        if line.new.is_empty() {
            line.looking -= 1;
            return None;
        }
        let mut new = std::mem::take(&mut line.new);
        new.retain(|wish| !wish.answer.is_closed());
        Some(new)
    }

    /// Lines up; returns whether another task has to begin to serve.
    fn join(&self, new: Vec<Waiting>) -> bool {
        let mut line = self.line();
        let more = !new.is_empty() && line.serving < AT_ONCE;
        line.waiting.extend(new);
        line.serving += usize::from(more);
        more
    }

    /// Takes those who come next, and whose callers are still there, with all others who want one of
    /// their tickets.
    fn take(&self) -> Group {
        let mut line = self.line();
        let mut tickets: BTreeMap<TicketId, usize> = BTreeMap::new();
        let (mut group, mut left) = (Group::default(), VecDeque::new());
        for next in line.waiting.drain(..).filter(|next| !next.wish.answer.is_closed()) {
            let ticket = next.wish.ticket;
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
        group.candidates.sort_by_key(|waiting| waiting.wish.ticket);
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

/// Places orders in a transaction.
async fn place_all(
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
fn taken(active: Option<&Order>) -> Error {
    match active {
        Some(Order { state: State::Complete { .. }, .. }) => Error::TicketSold,
        _ => Error::TicketReserved,
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

    fn tell(self, outcome: Result<Order, Error>) {
        // Whose caller is gone is told nothing.
        let _ = self.answer.send(outcome);
    }
}

impl Waiting {
    /// Makes the order, and its event; answers where that cannot be written.
    fn into_candidate(self, app: &App) -> Option<Candidate> {
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
    fn tell(self, outcome: Result<(), Error>) {
        // Whose caller is gone is told nothing; the order is placed, and its list has it.
        let _ = self.answer.send(outcome.map(|()| self.order));
    }
}

#[cfg(test)]
mod tests {
    use ticketing_contracts::ticket::Ticket;

    use super::*;

    type Answer = oneshot::Receiver<Result<Order, Error>>;

    fn wish(ticket: TicketId) -> (Wish, Answer) {
        let (answer, answered) = oneshot::channel();
        let (buyer, causation) = (UserId::new(), Causation::default());
        (Wish { buyer, ticket, causation, answer }, answered)
    }

    /// Lines up a buyer for a ticket.
    fn join(placing: &Placing, ticket: TicketId) -> (UserId, Answer) {
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
        let (wish, answer) = wish(ticket);
        let (buyer, wanted) = (wish.buyer, Arc::new(Wanted { ticket: seen, taken: None }));
        placing.join(vec![Waiting { wish, wanted }]);
        (buyer, answer)
    }

    fn buyers(taken: &[Waiting]) -> Vec<UserId> {
        taken.iter().map(|waiting| waiting.wish.buyer).collect()
    }

    #[test]
    fn who_comes_while_all_tasks_look_is_looked_at_with_the_next() {
        let placing = Placing::default();
        let (mut answers, mut begun) = (Vec::new(), 0);
        for _ in 0..10 {
            let (wish, answer) = wish(TicketId::new());
            answers.push(answer);
            begun += usize::from(placing.come(wish));
        }
        assert_eq!(begun, LOOKS_AT_ONCE);
        // The caller of one is gone.
        answers.pop();
        assert_eq!(placing.take_new().map(|new| new.len()), Some(9));
        for _ in 0..LOOKS_AT_ONCE {
            assert!(placing.take_new().is_none());
        }
        assert!(placing.come(wish(TicketId::new()).0), "nobody looks");
    }

    #[test]
    fn those_who_want_one_ticket_go_together_each_in_its_turn() {
        let placing = Placing::default();
        let tickets: Vec<TicketId> = (0..TOGETHER + 2).map(|_| TicketId::new()).collect();
        let (mut first, mut second, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..3 {
            for (of, &ticket) in tickets.iter().enumerate() {
                let (buyer, answer) = join(&placing, ticket);
                answers.push(answer);
                let group = if of < TOGETHER { &mut first } else { &mut second };
                group.push((ticket, buyer));
            }
        }
        for mut expected in [first, second] {
            let taken = placing.take().candidates;
            // Their turns among those for the same ticket are kept.
            expected.sort_by_key(|(ticket, _)| *ticket);
            let expected: Vec<UserId> = expected.into_iter().map(|(_, buyer)| buyer).collect();
            assert_eq!(buyers(&taken), expected);
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
        let waiting: Vec<UserId> = joined.iter().map(|(buyer, _)| *buyer).collect();
        let group = placing.take();
        let candidates = buyers(&group.candidates);
        assert_eq!(candidates.len(), CANDIDATES + 1);
        assert!(candidates.contains(&other.0));
        assert!(waiting[..CANDIDATES].iter().all(|one| candidates.contains(one)), "{candidates:?}");
        assert_eq!(buyers(&group.others), waiting[CANDIDATES..]);
        // Nobody was allowed: those behind are the next, before who comes later.
        let late = join(&placing, ticket);
        placing.put_back(group.others);
        let group = placing.take();
        assert_eq!(buyers(&group.candidates), waiting[CANDIDATES..2 * CANDIDATES]);
        assert_eq!(buyers(&group.others).last(), Some(&late.0));
    }
}
