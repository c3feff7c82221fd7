//! Which publish became of what: confirms and returned messages, matched.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// What tells one publish from another in what the broker returns: a hash of its id, exchange and
/// routing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64);

impl Identity {
    pub(super) fn of(message_id: &str, exchange: &str, routing_key: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (message_id, exchange, routing_key).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// What the broker said of a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Refused,
    /// No queue takes it.
    Returned(String),
}

/// The publishes that are under way.
///
/// lapin hands a returned message to whichever confirm ends next, so it says
/// nothing about that publish: it is looked up by its identity. The broker sends
/// it before the confirm of its own publish. A confirm that comes with a foreign
/// one leaves its own publish in doubt, for its return may be behind that one; a
/// confirm that comes without settles all doubts, as then no return is left over.
#[derive(Debug)]
pub(super) struct Window<T> {
    next: u64,
    pending: BTreeMap<u64, Pending<T>>,
    doubtful: Vec<(u64, bool)>,
}

#[derive(Debug)]
struct Pending<T> {
    identity: Identity,
    returned: Option<String>,
    confirmed: bool,
    reply: T,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { next: 0, pending: BTreeMap::new(), doubtful: Vec::new() }
    }
}

impl<T> Window<T> {
    /// Notes a publish that is being sent; returns its number.
    pub(super) fn sent(&mut self, identity: Identity, reply: T) -> u64 {
        self.next += 1;
        let pending = Pending { identity, returned: None, confirmed: false, reply };
        self.pending.insert(self.next, pending);
        self.next
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Takes a confirm in, with the message that came with it; tells what is certain now.
    pub(super) fn confirmed(
        &mut self,
        number: u64,
        accepted: bool,
        returned: Option<(Identity, String)>,
        mut certain: impl FnMut(T, Verdict),
    ) {
        let settles_doubts = returned.is_none();
        if let Some((identity, text)) = returned {
            // Two publishes of one identity are both returned, in their order.
            let found = self
                .pending
                .values_mut()
                .find(|pending| pending.returned.is_none() && pending.identity == identity);
            if let Some(pending) = found {
                pending.returned = Some(text);
            }
        }
        if let Some(pending) = self.pending.get_mut(&number) {
            pending.confirmed = true;
            self.doubtful.push((number, accepted));
        }
        let all = settles_doubts || self.pending.values().all(|pending| pending.confirmed);
        let mut doubtful = std::mem::take(&mut self.doubtful);
        doubtful.retain(|&(number, accepted)| {
            let returned = |pending: &Pending<T>| pending.returned.is_some();
            // Of the ones in doubt, those are certain that were returned.
            let is_certain = all || self.pending.get(&number).is_some_and(returned);
            if is_certain && let Some((reply, verdict)) = self.settle(number, accepted) {
                certain(reply, verdict);
            }
            !is_certain
        });
        self.doubtful = doubtful;
    }

    fn settle(&mut self, number: u64, accepted: bool) -> Option<(T, Verdict)> {
        let pending = self.pending.remove(&number)?;
        let verdict = match pending.returned {
            Some(text) => Verdict::Returned(text),
            None if accepted => Verdict::Accepted,
            None => Verdict::Refused,
        };
        Some((pending.reply, verdict))
    }

    /// Gives up: returns all that are still under way.
    pub(super) fn abandon(&mut self) -> impl Iterator<Item = T> {
        self.doubtful.clear();
        std::mem::take(&mut self.pending).into_values().map(|pending| pending.reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(n: u32) -> Identity {
        Identity::of(&n.to_string(), "", "q")
    }

    fn returned(n: u32) -> Option<(Identity, String)> {
        Some((identity(n), "NO_ROUTE".to_owned()))
    }

    fn window(count: u32) -> Window<u32> {
        let mut window = Window::default();
        (1..=count).for_each(|n| assert_eq!(window.sent(identity(n), n), u64::from(n)));
        window
    }

    fn confirmed(
        window: &mut Window<u32>,
        number: u64,
        accepted: bool,
        returned: Option<(Identity, String)>,
    ) -> Vec<(u32, Verdict)> {
        let mut certain = Vec::new();
        window.confirmed(number, accepted, returned, |n, verdict| certain.push((n, verdict)));
        certain
    }

    #[test]
    fn a_returned_message_is_matched_by_its_identity() {
        let mut window = window(3);
        // The return of 2 comes with the confirm of 1, and one without any next.
        assert_eq!(confirmed(&mut window, 1, true, returned(2)), []);
        assert_eq!(
            confirmed(&mut window, 3, true, None),
            [(1, Verdict::Accepted), (3, Verdict::Accepted)]
        );
        assert_eq!(
            confirmed(&mut window, 2, true, None),
            [(2, Verdict::Returned("NO_ROUTE".into()))]
        );
        assert_eq!(window.len(), 0);
    }

    #[test]
    fn crossed_returns_are_told_apart() {
        let mut window = window(3);
        assert_eq!(confirmed(&mut window, 2, true, returned(1)), []);
        assert_eq!(
            confirmed(&mut window, 1, true, returned(2)),
            [(2, Verdict::Returned("NO_ROUTE".into())), (1, Verdict::Returned("NO_ROUTE".into()))]
        );
        assert_eq!(confirmed(&mut window, 3, false, None), [(3, Verdict::Refused)]);
    }

    #[test]
    fn the_last_confirm_settles_all_doubts() {
        let mut window = window(2);
        assert_eq!(confirmed(&mut window, 1, true, returned(2)), []);
        assert_eq!(
            confirmed(&mut window, 2, true, None),
            [(1, Verdict::Accepted), (2, Verdict::Returned("NO_ROUTE".into()))]
        );
        assert_eq!(window.abandon().count(), 0);
    }
}
