//! A bus on which everything goes wrong that may, by a seed.
//!
//! An engine promises at least once, and a service has to live with the rest: a publish that fails,
//! or that succeeds and says it failed; the same event twice; another order, where none was asked
//! for; an event that comes late; an acknowledgement that is lost; and the death of the process
//! between any two of these. [`FaultyBus`] puts them between a service and its engine:
//!
//! ```
//! use ticketkit_events::{Clock, faults::{FaultyBus, Faults}, testing::TestBus};
//!
//! let test = TestBus::with_clock(Clock::system());
//! let faulty = FaultyBus::new(test.bus(), 42);
//! faulty.set(Faults::all(0.1));
//! let orders = faulty.process("orders");
//! // Give `orders.bus()` to the service, and let it work. Then:
//! faulty.set(Faults::NONE);
//! // ... and what must hold in the end, holds.
//! # drop(orders.bus());
//! ```
//!
//! Each [`Process`] is one program as the engine sees it. It has faults of its own, and can be
//! [killed at a named point](Process::crash_at): from there on nothing of it reaches the engine, and
//! the test drops its tasks and starts it anew, as an orchestrator would.
//!
//! The seed fixes what goes wrong at which call. It does not fix in which order the tasks of a
//! program make their calls, so a run is likely, not certain, to repeat itself.
//!
//! Without faults it passes the conformance suite, as the engine behind it does.

mod consumer;
mod dice;
mod engine;
mod process;

use std::sync::{Arc, Mutex, PoisonError};

pub use self::process::{Point, Process};
use crate::Bus;

/// What goes wrong, and how likely at each occasion: from 0 for never to 1 for always.
///
/// Name those that you want: `Faults { forget: 0.5, ..Faults::NONE }`. There may be more one day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// An event is refused: it is nowhere, and the publisher is told so.
    pub refuse: f64,
    /// An event is taken, and the publisher is told that it was not.
    pub unconfirmed: f64,
    /// An event is taken twice, under its one id.
    pub duplicate: f64,
    /// An event is delivered 10 ms to 1 s later, and so are those behind it in the order of its key.
    pub delay: f64,
    /// Events of one delivery change places; those of one key do not where order was asked for.
    pub reorder: f64,
    /// A handled event is delivered again: its acknowledgement was lost.
    pub forget: f64,
    /// An event is lost after the publisher was told that it is safe.
    ///
    /// No engine may do that: it is for showing that a test would notice. Not part of
    /// [`all`](Self::all).
    pub lose: f64,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        refuse: 0.0,
        unconfirmed: 0.0,
        duplicate: 0.0,
        delay: 0.0,
        reorder: 0.0,
        forget: 0.0,
        lose: 0.0,
    };

    /// All that an engine may do within its promises, each with this likelihood.
    #[must_use]
    pub const fn all(likelihood: f64) -> Self {
        Self {
            refuse: likelihood,
            unconfirmed: likelihood,
            duplicate: likelihood,
            delay: likelihood,
            reorder: likelihood,
            forget: likelihood,
            lose: 0.0,
        }
    }

    /// The same, and events are lost with this likelihood.
    #[must_use]
    pub const fn and_lose(self, likelihood: f64) -> Self {
        Self { lose: likelihood, ..self }
    }
}

/// An engine with faults between it and its users; cheap to clone.
#[derive(Clone, Debug)]
pub struct FaultyBus {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    inner: Bus,
    seed: u64,
    faults: Mutex<Faults>,
}

impl FaultyBus {
    /// Puts faults before the engine of a bus: none, until they are [set](Self::set).
    #[must_use]
    pub fn new(inner: &Bus, seed: u64) -> Self {
        let faults = Mutex::new(Faults::NONE);
        Self { shared: Arc::new(Shared { inner: inner.clone(), seed, faults }) }
    }

    /// Sets what goes wrong from now on, in all processes.
    pub fn set(&self, faults: Faults) {
        *self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Makes a process: its name and the seed decide what happens to it.
    #[must_use]
    pub fn process(&self, name: &str) -> Process {
        Process::new(self.shared.clone(), name)
    }
}

impl Shared {
    fn faults(&self) -> Faults {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
