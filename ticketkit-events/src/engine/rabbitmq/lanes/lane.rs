use std::collections::{BTreeSet, HashSet};

use crate::{EventId, Timestamp};

/// The events of one key, in their order.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) places: BTreeSet<i64>,
    pub(super) claimed: usize,
    /// Claims of a session that is over: their handlers may still run.
    pub(super) orphans: usize,
    pub(super) due: Option<Timestamp>,
    pub(super) parked: HashSet<EventId>,
}

impl Lane {
    pub(super) fn is_open(&self) -> bool {
        self.claimed == 0 && self.orphans == 0 && self.due.is_none() && self.parked.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.is_open() && self.places.is_empty()
    }
}
