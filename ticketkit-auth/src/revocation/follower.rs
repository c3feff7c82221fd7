use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Revocation, RevocationView, Snapshot};

/// How many pieces of news may be ahead of a gap before the snapshot has to do for them too.
const MOST_AHEAD: usize = 4096;

/// A moment of the stream: all news that there was at a time, and how much that is.
///
/// The issuer counts its revocations in its database, in the transaction of each: the counter has
/// no gaps, and its order is that of the commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The number of the last revocation that was committed.
    pub position: i64,
    /// A time at which it was the last one, in milliseconds since 1970. Take it *before* the
    /// position is read: then everything from before this time is counted.
    pub at: i64,
}

/// Feeds a [`RevocationView`] from a stream that may lose, repeat and reorder.
///
/// It does no work of its own: it is told of what came, and tells whether a snapshot is needed
/// ([`needs_snapshot`](Self::needs_snapshot)). News is applied at once, also before the first
/// snapshot: the view merges by maxima, so nothing has to be buffered and replayed. What counts is
/// when the view may be called fresh: only when every number up to that of a heartbeat was seen.
/// A stream that lost news so turns stale, never wrong.
///
/// ```
/// use std::time::Duration;
/// use ticketkit_auth::{Clock, RevocationView};
/// use ticketkit_auth::revocation::{Follower, Mark, Revocation, Snapshot};
///
/// let clock = Clock::system();
/// let at = clock.unix_millis();
/// let view = RevocationView::new(Duration::from_secs(900), Duration::from_secs(5), clock);
/// let mut follower = Follower::new(view.clone());
/// assert!(follower.needs_snapshot());
///
/// follower.snapshot(Mark { position: 7, at }, &Snapshot::default());
/// assert!(!follower.needs_snapshot() && !view.is_stale());
///
/// // Number 8 got lost.
/// follower.news(9, &Revocation::Session { session: "s".to_owned(), at });
/// assert!(follower.needs_snapshot());
/// ```
#[derive(Debug)]
pub struct Follower {
    view: RevocationView,
    /// Every number up to this one was seen; nothing before the first snapshot.
    whole_to: Option<i64>,
    /// Numbers beyond a gap.
    ahead: BTreeSet<i64>,
    /// The highest number that somebody named.
    newest: i64,
}

impl Follower {
    /// Follows a stream from its beginning or its middle, into a view.
    #[must_use]
    pub const fn new(view: RevocationView) -> Self {
        Self { view, whole_to: None, ahead: BTreeSet::new(), newest: 0 }
    }

    /// Takes in a numbered piece of news.
    pub fn news(&mut self, position: i64, news: &Revocation) {
        self.view.apply(news);
        self.newest = self.newest.max(position);
        if self.whole_to.is_none_or(|whole_to| position > whole_to) {
            self.ahead.insert(position);
            if self.ahead.len() > MOST_AHEAD {
                self.ahead.pop_first();
            }
            self.close_up();
        }
    }

    /// Takes in a heartbeat.
    pub fn heartbeat(&mut self, mark: Mark) {
        self.newest = self.newest.max(mark.position);
        if self.whole_to.is_some_and(|whole_to| whole_to >= mark.position) {
            self.view.heartbeat(mark.at);
        }
    }

    /// Takes in a snapshot.
    pub fn snapshot(&mut self, mark: Mark, snapshot: &Snapshot) {
        self.view.import(snapshot);
        self.view.heartbeat(mark.at);
        self.newest = self.newest.max(mark.position);
        self.whole_to = self.whole_to.max(Some(mark.position));
        self.close_up();
    }

    /// Tells whether something is missing that only a snapshot brings.
    #[must_use]
    pub fn needs_snapshot(&self) -> bool {
        self.whole_to.is_none_or(|whole_to| whole_to < self.newest)
    }

    /// Returns the number up to which nothing is missing; nothing before the first snapshot.
    #[must_use]
    pub const fn position(&self) -> Option<i64> {
        self.whole_to
    }

    /// Goes on over the numbers that are there already.
    fn close_up(&mut self) {
        let Some(whole_to) = &mut self.whole_to else { return };
        while let Some(first) = self.ahead.first().copied() {
            if first > whole_to.saturating_add(1) {
                return;
            }
            *whole_to = first.max(*whole_to);
            self.ahead.pop_first();
        }
    }
}
