use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    task::{self, JoinHandle},
    time::{Instant, timeout_at},
};

use super::Shutdown;

/// The background tasks of a process, by name, so that one that does not end can be named.
///
/// Clones share the tasks. A task that ends before the shutdown was asked for, or that panics, is
/// logged and [`failed`](Self::failed).
///
/// ```
/// use std::time::Duration;
/// use ticketkit_core::chassis::{Shutdown, Tasks};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let shutdown = Shutdown::new();
/// let tasks = Tasks::new(&shutdown);
/// let until = shutdown.clone();
/// tasks.spawn("relay", async move { until.requested().await });
/// tasks.spawn("stuck", std::future::pending());
///
/// shutdown.request();
/// let ended = tasks.end(Duration::from_millis(20)).await;
/// assert_eq!(ended.to_string(), "1 background task ended; cut at the deadline: stuck");
/// # });
/// ```
#[derive(Clone)]
pub struct Tasks {
    shutdown: Shutdown,
    list: Arc<Mutex<List>>,
}

#[derive(Default)]
struct List {
    /// Whoever ends strikes itself out, so that the list is no longer than what runs.
    running: Vec<(String, JoinHandle<()>)>,
    /// From the shutdown on.
    ended: Vec<String>,
    /// Each name once.
    failed: Vec<String>,
}

impl List {
    fn note(&mut self, name: String, failed: bool) {
        self.running.retain(|(_, handle)| Some(handle.id()) != task::try_id());
        if !failed {
            self.ended.push(name);
        } else if !self.failed.contains(&name) {
            self.failed.push(name);
        }
    }
}

/// What became of the background tasks, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TasksEnded {
    /// Those that ended by themselves.
    pub ended: Vec<String>,
    /// Those that ended too early, or panicked.
    pub failed: Vec<String>,
    /// Those that were still running at the deadline.
    pub cut: Vec<String>,
}

impl Tasks {
    /// Makes a registry of tasks that should run until the shutdown.
    #[must_use]
    pub fn new(shutdown: &Shutdown) -> Self {
        Self { shutdown: shutdown.clone(), list: Arc::default() }
    }

    /// Spawns a task on the current runtime.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn spawn<F>(&self, name: impl Into<String>, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let (list, shutdown, own) = (self.list.clone(), self.shutdown.clone(), name.clone());
        // Locked, so that the task is on the list before it can strike itself out.
        let mut all = locked(&self.list);
        let handle = tokio::spawn(async move {
            let panicked = AssertUnwindSafe(task).catch_unwind().await.is_err();
            let early = !shutdown.is_draining();
            if panicked {
                tracing::error!(task = own, "a background task panicked");
            } else if early {
                tracing::error!(task = own, "a background task ended before the shutdown");
            }
            locked(&list).note(own, panicked || early);
        });
        all.running.push((name, handle));
    }

    /// Returns the names of the tasks that ended too early or panicked: a check for readiness.
    #[must_use]
    pub fn failed(&self) -> Vec<String> {
        locked(&self.list).failed.clone()
    }

    /// Waits until all tasks have ended, and cuts those that are left at the deadline.
    ///
    /// A cut task ends where it next waits. One that never waits goes on until the runtime ends:
    /// use `Runtime::shutdown_timeout`. Tasks that are spawned meanwhile are waited for too. If the
    /// future is dropped, the tasks that it waited for go on.
    pub async fn end(&self, deadline: Duration) -> TasksEnded {
        let deadline = Instant::now() + deadline;
        let mut report = TasksEnded::default();
        loop {
            let running = std::mem::take(&mut locked(&self.list).running);
            if running.is_empty() {
                break;
            }
            for (name, mut handle) in running {
                if timeout_at(deadline, &mut handle).await.is_err() {
                    handle.abort();
                    report.cut.push(name);
                }
            }
        }
        let list = locked(&self.list);
        report.ended.clone_from(&list.ended);
        report.failed.clone_from(&list.failed);
        report
    }
}

fn locked(list: &Mutex<List>) -> MutexGuard<'_, List> {
    // The lists are whole between any two statements, also where a thread panicked.
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TasksEnded {
    /// Tells whether every task ended when it was to.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.cut.is_empty() && self.failed.is_empty()
    }
}

impl fmt::Display for TasksEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.ended.len() == 1 { "" } else { "s" };
        write!(f, "{} background task{plural} ended", self.ended.len())?;
        if !self.failed.is_empty() {
            write!(f, "; failed before: {}", self.failed.join(", "))?;
        }
        if !self.cut.is_empty() {
            write!(f, "; cut at the deadline: {}", self.cut.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = locked(&self.list);
        f.debug_list().entries(list.running.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn every_task_is_accounted_for_by_name() {
        let shutdown = Shutdown::new();
        let tasks = Tasks::new(&shutdown);
        tasks.spawn("panics", async { panic!("on purpose") });
        tasks.spawn("leaves", async {});
        while tasks.failed().len() < 2 {
            tokio::task::yield_now().await;
        }
        let (until, more) = (shutdown.clone(), tasks.clone());
        tasks.spawn("obeys", async move {
            until.requested().await;
            more.spawn("last", async {});
        });
        tasks.spawn("stuck", std::future::pending());
        shutdown.request();
        let asked = Instant::now();
        let report = tasks.end(Duration::from_secs(5)).await;
        assert_eq!(report.ended, ["obeys", "last"]);
        assert_eq!(report.failed, ["panics", "leaves"]);
        assert_eq!(report.cut, ["stuck"]);
        assert_eq!(asked.elapsed().as_secs(), 5);
    }

    #[tokio::test]
    async fn tasks_that_have_ended_are_not_kept() {
        let tasks = Tasks::new(&Shutdown::new());
        for _ in 0..100 {
            tasks.spawn("short", async {});
        }
        while !locked(&tasks.list).running.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(tasks.failed(), ["short"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_behind_a_stuck_one_is_not_blamed_for_it() {
        let shutdown = Shutdown::new();
        let tasks = Tasks::new(&shutdown);
        tasks.spawn("stuck", std::future::pending());
        let until = shutdown.clone();
        tasks.spawn("obeys", async move { until.requested().await });
        shutdown.request();
        let report = tasks.end(Duration::from_secs(5)).await;
        assert_eq!(
            (report.ended, report.cut),
            (vec!["obeys".to_owned()], vec!["stuck".to_owned()])
        );
    }
}
