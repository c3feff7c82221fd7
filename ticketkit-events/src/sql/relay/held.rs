use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The right to work on a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) partition: u8,
    /// Which holding of the partition it is.
    pub(crate) fence: i64,
}

/// What a relay holds, as far as it knows: the database has the last word.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    leases: BTreeMap<u8, Lease>,
    /// Where a worker is, whatever became of the lease meanwhile.
    busy: BTreeSet<u8>,
}

#[derive(Debug)]
struct Lease {
    fence: i64,
    /// Until when it is published without asking, well before others may take the partition.
    trusted_until: Instant,
    /// It is given up as soon as it is idle.
    leaving: bool,
}

impl State {
    fn of(&mut self, turn: Turn) -> Option<&mut Lease> {
        self.leases.get_mut(&turn.partition).filter(|lease| lease.fence == turn.fence)
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self) -> usize {
        self.state().leases.len()
    }

    /// Begins to work on a partition, unless it is another's, busy or about to be given up.
    pub(super) fn start(&self, partition: u8) -> Option<Turn> {
        let mut state = self.state();
        let lease = state.leases.get(&partition).filter(|lease| !lease.leaving)?;
        let turn = Turn { partition, fence: lease.fence };
        state.busy.insert(partition).then_some(turn)
    }

    /// Ends the work on a partition; returns whether it waits to be given up.
    pub(super) fn end(&self, partition: u8) -> bool {
        let mut state = self.state();
        state.busy.remove(&partition);
        state.leases.get(&partition).is_some_and(|lease| lease.leaving)
    }

    pub(super) fn is_busy(&self, partition: u8) -> bool {
        self.state().busy.contains(&partition)
    }

    pub(super) fn is_trusted(&self, turn: Turn) -> bool {
        self.state().of(turn).is_some_and(|lease| Instant::now() < lease.trusted_until)
    }

    /// Notes that the lease was renewed.
    pub(super) fn renewed(&self, turn: Turn, trusted_until: Instant) {
        if let Some(lease) = self.state().of(turn) {
            lease.trusted_until = trusted_until;
        }
    }

    /// Notes that another has the partition.
    pub(super) fn lost(&self, turn: Turn) {
        let mut state = self.state();
        if state.of(turn).is_some() {
            state.leases.remove(&turn.partition);
        }
    }

    /// Chooses so many partitions to give up, and lets nobody begin to work on them; returns those
    /// that are idle. What was chosen before and is not needed any more is kept.
    pub(super) fn spare(&self, count: usize) -> Vec<u8> {
        let State { leases, busy } = &mut *self.state();
        let mut order: Vec<(&u8, &mut Lease)> = leases.iter_mut().collect();
        order.sort_by_key(|(partition, _)| busy.contains(partition));
        let mut idle = Vec::new();
        for (at, (partition, lease)) in order.into_iter().enumerate() {
            lease.leaving = at < count;
            if lease.leaving && !busy.contains(partition) {
                idle.push(*partition);
            }
        }
        idle
    }

    /// Takes over what the database says; returns whether that is news.
    pub(super) fn replace(&self, turns: &[Turn], trusted_until: Instant) -> bool {
        let mut state = self.state();
        let before = std::mem::take(&mut state.leases);
        let is_known =
            |turn: &Turn| before.get(&turn.partition).is_some_and(|l| l.fence == turn.fence);
        let news = turns.len() != before.len() || !turns.iter().all(is_known);
        state.leases = turns
            .iter()
            .map(|&Turn { partition, fence }| {
                let leaving = before.get(&partition).is_some_and(|lease| lease.leaving);
                (partition, Lease { fence, trusted_until, leaving })
            })
            .collect();
        news
    }
}
