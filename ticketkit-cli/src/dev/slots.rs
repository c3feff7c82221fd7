//! What runs, and what runs next.

use std::path::{Path, PathBuf};

use super::{
    Run,
    child::{Running, Stamp},
    programs::Program,
};

/// A program, its run if it has one, and what runs next.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) program: Program,
    pub(super) running: Option<Running>,
    /// Started when the one that runs has drained, or when another has started before it.
    pub(super) next: Option<PathBuf>,
    pub(super) is_gone: bool,
    pub(super) was_ready: bool,
}

/// Each program of the workspace, in the order in which they start.
#[derive(Debug, Default)]
pub(super) struct Slots {
    all: Vec<Slot>,
}

impl Slots {
    /// Makes a slot for each program; one that is gone drains.
    pub(super) fn arrange(&mut self, programs: Vec<Program>) {
        for slot in &mut self.all {
            slot.is_gone = !programs.contains(&slot.program);
            if let Some(running) = slot.running.as_mut().filter(|_| slot.is_gone) {
                running.drain();
            }
        }
        self.all.retain(|slot| !slot.is_gone || slot.running.is_some());
        for program in programs {
            if !self.all.iter().any(|slot| slot.program == program) {
                let (running, next) = (None, None);
                let slot = Slot { program, running, next, is_gone: false, was_ready: false };
                self.all.push(slot);
            }
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.all.iter_mut()
    }

    /// The programs that are to run.
    pub(super) fn programs(&self) -> impl Iterator<Item = &Program> {
        self.all.iter().filter(|slot| !slot.is_gone).map(|slot| &slot.program)
    }

    /// The services that are to have a process each.
    pub(super) fn services(&self) -> impl Iterator<Item = String> {
        self.programs().filter_map(|program| Some(program.service.as_ref()?.name.clone()))
    }

    pub(super) fn is_any_running(&self) -> bool {
        self.all.iter().any(|slot| slot.running.is_some())
    }

    /// The slot of a run, unless it is over.
    pub(super) fn of(&mut self, run: &Run) -> Option<&mut Slot> {
        self.all
            .iter_mut()
            .find(|slot| slot.running.as_ref().is_some_and(|running| running.run == *run))
    }

    /// Forgets those that are gone and have ended.
    pub(super) fn tidy(&mut self) {
        self.all.retain(|slot| !slot.is_gone || slot.running.is_some());
    }
}

impl Slot {
    /// Whether what runs is what was built.
    pub(super) fn is_current(&self, built: &Path) -> bool {
        let is = |running: &Running| Stamp::of(built).is_ok_and(|stamp| stamp == running.stamp);
        self.running.as_ref().is_some_and(is)
    }

    /// Takes what was built for what runs.
    pub(super) fn take_over(&mut self, built: &Path) {
        if let (Some(running), Ok(stamp)) = (&mut self.running, Stamp::of(built)) {
            running.stamp = stamp;
        }
    }
}
