//! Ctrl-C and its kin, as a value that loops look at.
//!
//! Nothing is done inside a signal handler: it only counts. Every loop that waits asks
//! [`caught`], returns, and the guards on the way out stop what was started.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{Result, ResultExt as _};

/// The signals that end a command.
pub(crate) const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

// A signal's disposition belongs to the whole process, so what it sets does too.
static CAUGHT: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Starts to catch the signals that end a command.
pub(crate) fn catch() -> Result<()> {
    let caught = CAUGHT.get_or_init(Arc::default);
    for signal in ENDING {
        let value = usize::try_from(signal).unwrap_or(usize::MAX);
        signal_hook::flag::register_usize(signal, Arc::clone(caught), value)
            .or_say("cannot catch signals")?;
    }
    Ok(())
}

/// Returns the last signal that was caught and not yet taken by [`take`].
pub(crate) fn caught() -> Option<i32> {
    read(CAUGHT.get()?.load(Ordering::SeqCst))
}

/// Returns the last signal and forgets it, so that a second Ctrl-C can be told from the first.
pub(crate) fn take() -> Option<i32> {
    read(CAUGHT.get()?.swap(0, Ordering::SeqCst))
}

fn read(value: usize) -> Option<i32> {
    i32::try_from(value).ok().filter(|signal| *signal != 0)
}
