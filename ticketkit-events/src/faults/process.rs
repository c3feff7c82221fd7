use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{Shared, dice::Dice, engine::FaultyEngine};
use crate::Bus;

/// A place in a program's talk with its engine at which it can die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Point {
    /// It is about to publish: nothing has happened.
    Publishing,
    /// The engine has the event, and the publisher does not know.
    Published,
    /// It has claimed events, and handled none of them.
    Claimed,
    /// It has handled events, and the engine does not know.
    Settling,
    /// The engine knows, and the program does not know that.
    Settled,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Publishing, Self::Published, Self::Claimed, Self::Settling, Self::Settled];
}

/// One program, as the engine sees it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Process {
    pub(super) life: Arc<Life>,
    name: Arc<str>,
    runs: u64,
}

/// One run of a process, from its start to its death.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) shared: Arc<Shared>,
    pub(super) dice: Dice,
    /// How often a point is passed before the process dies there.
    fuses: Mutex<HashMap<Point, u32>>,
    dead: watch::Sender<Option<Point>>,
}

impl Process {
    pub(super) fn new(shared: Arc<Shared>, name: &str) -> Self {
        let life = Life::new(shared, name, 0);
        Self { life: Arc::new(life), name: name.into(), runs: 0 }
    }

    /// Returns the bus to give to the program.
    #[must_use]
    pub fn bus(&self) -> Bus {
        Bus::new(FaultyEngine { life: self.life.clone() })
    }

    /// Kills the process when it comes to `point` for the `nth` time from now, counted from 1.
    ///
    /// Nothing of it reaches the engine any more: its calls never return. [`crashed`](Self::crashed)
    /// tells; then drop its tasks.
    pub fn crash_at(&self, point: Point, nth: u32) {
        self.life.fuses().insert(point, nth.max(1));
    }

    /// Returns where the process has died, if it has.
    #[must_use]
    pub fn died_at(&self) -> Option<Point> {
        *self.life.dead.borrow()
    }

    /// Waits until the process has died, and returns where.
    ///
    /// Can be dropped at any time.
    pub async fn crashed(&self) -> Point {
        let mut dead = self.life.dead.subscribe();
        match dead.wait_for(Option::is_some).await.map(|point| *point) {
            Ok(Some(point)) => point,
            // The sender is in `self`, so the channel cannot be closed here.
            _ => std::future::pending().await,
        }
    }

    /// Returns the process as it is started again, with another run of luck.
    ///
    /// What the one before still does, reaches the engine no more.
    #[must_use]
    pub fn restart(&self) -> Self {
        self.life.dead.send_if_modified(|dead| {
            let was_alive = dead.is_none();
            dead.get_or_insert(Point::Publishing);
            was_alive
        });
        let runs = self.runs + 1;
        let life = Life::new(self.life.shared.clone(), &self.name, runs);
        Self { life: Arc::new(life), name: self.name.clone(), runs }
    }
}

impl Life {
    fn new(shared: Arc<Shared>, name: &str, runs: u64) -> Self {
        let dice = Dice::new(shared.seed.wrapping_add(runs), name);
        Self { shared, dice, fuses: Mutex::default(), dead: watch::Sender::new(None) }
    }

    fn fuses(&self) -> MutexGuard<'_, HashMap<Point, u32>> {
        // Nothing panics while it is held.
        self.fuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes a point: returns if the process lives on, and never if it is dead.
    pub(super) async fn pass(&self, point: Point) {
        {
            let mut fuses = self.fuses();
            if let Some(left) = fuses.get_mut(&point) {
                *left -= 1;
                if *left == 0 {
                    fuses.remove(&point);
                    self.dead.send_if_modified(|dead| dead.replace(point).is_none());
                }
            }
        }
        self.alive().await;
    }

    /// Returns if the process is alive, and never if it is dead.
    pub(super) async fn alive(&self) {
        if self.dead.borrow().is_some() {
            std::future::pending::<()>().await;
        }
    }
}
