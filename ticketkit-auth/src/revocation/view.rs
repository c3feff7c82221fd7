use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::{
    Revocation, SessionEntry, Snapshot, Subject, UserEntry, entry::State, key::Key, shards::Shards,
};
use crate::{Clock, token::Claims};

/// How often the view looks for what can go, in pieces of news.
const TRIM_EVERY: usize = 1024;

/// What is known of revocations. A cheap, shared handle: clones see the same.
#[derive(Debug, Clone)]
pub struct RevocationView(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How long a token can be valid: older news concerns no token any more. Milliseconds.
    lifetime: i64,
    /// How old the news may be; without it the view is never stale.
    bound: Option<Duration>,
    clock: Clock,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    users: Shards<State>,
    sessions: Shards<i64>,
    /// The moment by the monotonic clock up to which everything is known.
    fresh_at: Option<Duration>,
    since_trim: usize,
}

/// How a view stands to a token that is right in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Nothing is known against it.
    Good,
    /// Its session, or all sessions of the user until then, were ended.
    Revoked,
    /// The user is banned.
    Banned,
    /// Nothing is known against it, and there was no news for too long.
    Stale,
}

impl RevocationView {
    /// Makes a view that is stale until the first heartbeat, and again `bound` after the last one.
    ///
    /// `lifetime` is the longest time for which a token can be valid:
    /// [`TokenVerifier::longest_validity`](crate::token::TokenVerifier::longest_validity). The
    /// contract's bound is 5 s, with a heartbeat every second.
    #[must_use]
    pub fn new(lifetime: Duration, bound: Duration, clock: Clock) -> Self {
        Self::make(lifetime, Some(bound), clock)
    }

    /// Makes a view that is never stale: for a process that makes the revocations itself, and
    /// applies each before it answers for it.
    #[must_use]
    pub fn without_heartbeat(lifetime: Duration, clock: Clock) -> Self {
        Self::make(lifetime, None, clock)
    }

    fn make(lifetime: Duration, bound: Option<Duration>, clock: Clock) -> Self {
        let lifetime = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
        Self(Arc::new(Shared { lifetime, bound, clock, known: RwLock::default() }))
    }

    /// Takes in a piece of news. Order and repetition do not matter.
    ///
    /// News older than the longest life of a token changes nothing, so that a ban that comes back
    /// late finds no trace of its lifting missing.
    pub fn apply(&self, news: &Revocation) {
        match news {
            Revocation::User { user, min_epoch, ban, at } => {
                self.merge([(Key::of(user), State::new(*min_epoch, *ban, *at))], []);
            }
            Revocation::Session { session, at } => self.merge([], [(Key::of(session), *at)]),
        }
    }

    /// Takes in a snapshot, into what is known already.
    pub fn import(&self, snapshot: &Snapshot) {
        self.merge(
            snapshot.users.iter().map(UserEntry::state),
            snapshot.sessions.iter().map(SessionEntry::parts),
        );
    }

    /// Returns all that is known.
    #[must_use]
    pub fn export(&self) -> Snapshot {
        let known = self.read();
        Snapshot {
            users: known.users.iter().map(|(key, state)| UserEntry::of(*key, state)).collect(),
            sessions: known.sessions.iter().map(|(key, at)| SessionEntry::of(*key, *at)).collect(),
        }
    }

    /// Notes a heartbeat that was sent at this time, in milliseconds since 1970.
    ///
    /// It has to come in the same ordered stream as the news: then everything that was sent before
    /// it is applied already. What counts is when it was sent, so that a stream that is seconds
    /// behind is not taken for a fresh one.
    pub fn heartbeat(&self, sent_at: i64) {
        let behind = self.0.clock.unix_millis().saturating_sub(sent_at).max(0);
        let behind = Duration::from_millis(behind.unsigned_abs());
        // One from before the fixed moment is too old to matter.
        let fresh_at = self.0.clock.monotonic().checked_sub(behind);
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        known.fresh_at = known.fresh_at.max(fresh_at);
    }

    /// Returns how old the news is; nothing before the first heartbeat.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let fresh_at = self.read().fresh_at;
        self.age_of(fresh_at)
    }

    /// Tells whether there was no news for longer than the bound: for readiness checks.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let fresh_at = self.read().fresh_at;
        self.is_too_old(fresh_at)
    }

    /// Tells how the view stands to a token. A ban goes before an ended session, and what is known
    /// before what is not.
    #[must_use]
    pub fn standing(&self, claims: &Claims) -> Standing {
        self.judge(claims.epo, Key::of(&claims.sub), || Key::of(&claims.sid))
    }

    /// As [`standing`](Self::standing), without reading the ids again.
    pub(crate) fn standing_of(&self, subject: &Subject) -> Standing {
        self.judge(subject.epoch, subject.user, || subject.session)
    }

    fn judge(&self, epoch: i64, user: Key, session: impl FnOnce() -> Key) -> Standing {
        let known = self.read();
        let user = known.users.get(&user);
        if user.is_some_and(|state| state.is_banned(|| self.0.clock.unix_millis())) {
            return Standing::Banned;
        }
        if user.is_some_and(|state| epoch < state.min_epoch)
            || known.sessions.get(&session()).is_some()
        {
            return Standing::Revoked;
        }
        let fresh_at = known.fresh_at;
        drop(known);
        if self.is_too_old(fresh_at) { Standing::Stale } else { Standing::Good }
    }

    /// Returns how many users and sessions are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        let known = self.read();
        known.users.len() + known.sessions.len()
    }

    /// Tells whether nothing is known against anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops what concerns no token any more. It happens by itself as news comes in.
    pub fn trim(&self) {
        let oldest = self.oldest();
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        known.trim(oldest);
    }

    fn merge(
        &self,
        users: impl IntoIterator<Item = (Key, State)>,
        sessions: impl IntoIterator<Item = (Key, i64)>,
    ) {
        let oldest = self.oldest();
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        for (key, state) in users.into_iter().filter(|(_, state)| state.at >= oldest) {
            known.users.entry(key).or_default().merge(state);
            known.since_trim += 1;
        }
        for (key, at) in sessions.into_iter().filter(|(_, at)| *at >= oldest) {
            let ended = known.sessions.entry(key).or_insert(at);
            *ended = at.max(*ended);
            known.since_trim += 1;
        }
        if known.since_trim >= TRIM_EVERY {
            known.trim(oldest);
        }
    }

    fn age_of(&self, fresh_at: Option<Duration>) -> Option<Duration> {
        Some(self.0.clock.monotonic().saturating_sub(fresh_at?))
    }

    fn is_too_old(&self, fresh_at: Option<Duration>) -> bool {
        self.0.bound.is_some_and(|bound| self.age_of(fresh_at).is_none_or(|age| age > bound))
    }

    /// The time before which news concerns no token.
    fn oldest(&self) -> i64 {
        self.0.clock.unix_millis().saturating_sub(self.0.lifetime)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn trim(&mut self, oldest: i64) {
        // A banned user gets no new tokens, and the old ones have ended: the entry can go too.
        self.users.retain(|state| state.at >= oldest);
        self.sessions.retain(|at| *at >= oldest);
        self.since_trim = 0;
    }
}
