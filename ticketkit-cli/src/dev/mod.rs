//! `dev`: builds, runs, watches, and restarts what changed.
//!
//! One loop owns everything ([`session`]); threads only tell it what happened:
//!
//! - [`watch`]: files changed.
//! - [`build`]: `cargo build` ended.
//! - [`child`]: a program said something, or ended. Between it and us stands [`guard`], so that it
//!   cannot outlive us, whatever ends us.
//! - [`probe`]: the first request was answered.
//! - [`gateway`]: leads requests to the service of their path; [`head`] reads them, [`front`] opens it.
//! - signals.
//!
//! [`programs`] says what is run, [`slots`] what runs, [`voice`] prints what people and machines read.

mod build;
mod child;
mod front;
mod gateway;
pub(crate) mod guard;
mod head;
mod probe;
mod programs;
mod session;
mod slots;
mod voice;
mod watch;

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

pub(crate) use self::session::{Options, run};

/// What the loop is told.
#[derive(Debug)]
enum Event {
    Changed(BTreeSet<PathBuf>),
    Built(build::Outcome),
    Listening {
        run: Run,
        url: String,
    },
    Ready {
        run: Run,
    },
    /// It listens, and is not ready for long; what it answered.
    NotReady {
        run: Run,
        answer: String,
    },
    Ended {
        run: Run,
        status: std::process::ExitStatus,
    },
    /// Ctrl-C and its kin.
    Signal,
}

/// One run of a program: what is told of an earlier one is of no interest any more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    program: String,
    number: u64,
}

/// How long an answer to `/readyz` is waited for before a person is told.
const PATIENCE: Duration = Duration::from_secs(30);
