//! Those who wait for their order, in their turns.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ticketing_contracts::{TicketId, UserId};
use ticketkit_events::Causation;
use tokio::sync::oneshot;

use crate::{Error, domain::Order, store::tickets::Wanted};

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
pub(super) struct Wish {
    pub(super) buyer: UserId,
    pub(super) ticket: TicketId,
    /// Of the request.
    pub(super) causation: Causation,
    pub(super) answer: oneshot::Sender<Result<Order, Error>>,
}

/// A wish that is not known to be in vain.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) wish: Wish,
    pub(super) wanted: Arc<Wanted>,
}

/// The wishes of a transaction.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Sorted by their tickets; those for one in their turns.
    pub(super) candidates: Vec<Waiting>,
    /// Those behind them for the same tickets.
    pub(super) others: Vec<Waiting>,
}

impl Placing {
    /// Takes a new one; returns whether another task has to begin to look.
    pub(super) fn come(&self, new: Wish) -> bool {
        let mut line = self.line();
        line.new.push(new);
        let more = line.looking < LOOKS_AT_ONCE;
        line.looking += usize::from(more);
        more
    }

    /// Takes those who have come, and whose callers are still there. If nobody has, the task that
    /// asks no longer counts as looking.
    pub(super) fn take_new(&self) -> Option<Vec<Wish>> {
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
    pub(super) fn join(&self, new: Vec<Waiting>) -> bool {
        let mut line = self.line();
        let more = !new.is_empty() && line.serving < AT_ONCE;
        line.waiting.extend(new);
        line.serving += usize::from(more);
        more
    }

    /// Takes those who come next, and whose callers are still there, with all others who want one of
    /// their tickets.
    pub(super) fn take(&self) -> Group {
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
    pub(super) fn put_back(&self, others: Vec<Waiting>) {
        let mut line = self.line();
        for one in others.into_iter().rev() {
            line.waiting.push_front(one);
        }
    }

    /// Tells whether a task has to go on; if not, it no longer counts as serving.
    pub(super) fn goes_on(&self) -> bool {
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

impl Wish {
    pub(super) fn tell(self, outcome: Result<Order, Error>) {
        // Whose caller is gone is told nothing.
        let _ = self.answer.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use ticketing_contracts::ticket::{Ticket, TicketStatus};

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
