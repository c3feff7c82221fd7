use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
};

use super::ledger::{End, Entry, Ledger};
use crate::ErrorLayer;

/// What the service of a connection and its socket must know of each other: hyper is between them.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) ledger: Arc<Ledger>,
    pub(super) errors: ErrorLayer,
    phase: AtomicU8,
    /// The request that made another protocol of this one.
    upgraded: Mutex<Option<Entry>>,
}

/// Nothing of an answer is still to be sent.
const IDLE: u8 = 0;
/// A request is being answered.
const ANSWERING: u8 = 1;
/// The last byte was handed over, and may not have been sent.
const ANSWERED: u8 = 2;
/// HTTP is over.
const UPGRADED: u8 = 3;

impl Connection {
    pub(super) fn new(peer: SocketAddr, ledger: Arc<Ledger>, errors: ErrorLayer) -> Self {
        Self { peer, ledger, errors, phase: AtomicU8::new(IDLE), upgraded: Mutex::new(None) }
    }

    pub(super) fn answering(&self) {
        self.phase.store(ANSWERING, SeqCst);
    }

    pub(super) fn answered(&self) {
        let _ = self.phase.compare_exchange(ANSWERING, ANSWERED, SeqCst, SeqCst);
    }

    /// Notes that nothing waits to be sent.
    pub(super) fn flushed(&self) {
        let _ = self.phase.compare_exchange(ANSWERED, IDLE, SeqCst, SeqCst);
    }

    /// Tells whether what is sent now is no part of any answer of the service.
    pub(super) fn is_idle(&self) -> bool {
        self.phase.load(SeqCst) == IDLE
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.phase.load(SeqCst) == UPGRADED
    }

    /// Lets a request go on for as long as the socket is open.
    pub(super) fn upgrade(&self, entry: Entry) {
        self.phase.store(UPGRADED, SeqCst);
        *self.upgraded.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }

    /// Ends the request that went on with the socket, if there is one.
    pub(super) fn closed(&self) {
        let entry = self.upgraded.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut entry) = entry
            && !self.ledger.is_cutting()
        {
            entry.ends(End::Complete);
        }
    }
}
