use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use super::{Drained, connection::Connection};
use crate::chassis::Shutdown;

/// Counts what becomes of requests and connections from the shutdown on.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Asked at each end: whoever is told of the shutdown first must not matter.
    shutdown: Shutdown,
    is_cutting: AtomicBool,
    connections: AtomicUsize,
    under_way: AtomicUsize,
    finished: AtomicUsize,
    left: AtomicUsize,
    cut: AtomicUsize,
    streams: AtomicUsize,
}

impl Ledger {
    pub(super) fn new(shutdown: Shutdown) -> Self {
        Self {
            shutdown,
            is_cutting: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            cut: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
        }
    }

    pub(super) const fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Counts a connection that ended by itself.
    pub(super) fn connection_ended(&self) {
        if self.shutdown.is_requested() {
            self.connections.fetch_add(1, SeqCst);
        }
    }

    pub(super) fn is_cutting(&self) -> bool {
        self.is_cutting.load(SeqCst)
    }

    pub(super) fn begin_to_cut(&self) {
        self.is_cutting.store(true, SeqCst);
    }

    /// What is still under way runs where nothing can cut it, and ends with the runtime.
    pub(super) fn report(&self, connections_cut: usize) -> Drained {
        Drained {
            finished: self.finished.load(SeqCst),
            cut: self.cut.load(SeqCst) + self.under_way.load(SeqCst),
            left: self.left.load(SeqCst),
            streams: self.streams.load(SeqCst),
            connections: self.connections.load(SeqCst),
            connections_cut,
        }
    }
}

/// One request, until its end.
#[derive(Debug)]
pub(super) struct Entry {
    connection: Arc<Connection>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing was said: the connection or its client is gone.
    Dropped,
    /// The answer was handed over in full.
    Complete,
    /// An event stream that the shutdown ended.
    Stream,
}

impl Entry {
    pub(super) fn begin(connection: &Arc<Connection>) -> Self {
        connection.ledger.under_way.fetch_add(1, SeqCst);
        connection.answering();
        Self { connection: connection.clone(), end: End::Dropped }
    }

    pub(super) fn ends(&mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let ledger = &*self.connection.ledger;
        let Ledger { finished, left, cut, streams, under_way, .. } = ledger;
        if ledger.shutdown.is_requested() {
            let count = match self.end {
                End::Stream => streams,
                End::Complete => finished,
                End::Dropped if ledger.is_cutting() => cut,
                End::Dropped => left,
            };
            count.fetch_add(1, SeqCst);
        }
        under_way.fetch_sub(1, SeqCst);
        self.connection.answered();
    }
}
