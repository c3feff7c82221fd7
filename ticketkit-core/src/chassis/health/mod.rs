mod check;

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use serde::Serialize;

pub use check::Check;

use super::Shutdown;

/// The named checks that say whether a process can serve.
///
/// Clones share the checks. A check that does not answer within its time has failed; what it says
/// is logged when it begins to fail, and only its name is public.
///
/// ```
/// use ticketkit_core::chassis::{Check, Health};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let health = Health::default();
/// health.add("database", || async { Err("no route to host".to_owned()) });
/// let bus = Check::new("bus", || async { Ok(()) }).timeout(Duration::from_millis(500));
/// health.add_check(bus);
/// let reports = health.run().await;
/// assert_eq!((reports[0].name.as_str(), reports[0].ok), ("database", false));
/// assert_eq!((reports[1].name.as_str(), reports[1].ok), ("bus", true));
/// # });
/// ```
#[derive(Clone, Default)]
pub struct Health(Arc<Shared>);

#[derive(Default)]
struct Shared {
    checks: Mutex<Vec<Arc<Check>>>,
    shutdown: Mutex<Option<Shutdown>>,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The name it was added under.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
}

impl Health {
    /// How long a check may take, unless it says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(2);

    /// For how long [`ready`](Self::ready) uses what a check found, unless it says otherwise.
    pub const KEEP: Duration = Duration::from_secs(1);

    /// The name under which a process that drains is not ready.
    pub const DRAINING: &'static str = "draining";

    /// Adds a check; its error is for the log.
    pub fn add<F, Fut>(&self, name: impl Into<String>, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.add_check(Check::new(name, check));
    }

    /// Adds a check with settings of its own.
    pub fn add_check(&self, check: Check) {
        locked(&self.0.checks).push(Arc::new(check));
    }

    /// Lets the process not be ready, under the name `draining`, from the moment that its end was
    /// asked for: before it stops to listen, if the shutdown has a delay.
    pub fn drain_with(&self, shutdown: &Shutdown) {
        *locked(&self.0.shutdown) = Some(shutdown.clone());
    }

    /// Runs all checks at once, whatever they found before.
    pub async fn run(&self) -> Vec<CheckReport> {
        self.all(|check| async move { check.run().await }).await
    }

    /// Runs the checks whose last result is too old, so that a storm of probes costs no more than a
    /// single one.
    pub async fn ready(&self) -> Vec<CheckReport> {
        self.all(|check| async move { check.recent().await }).await
    }

    async fn all<Fut: Future<Output = bool>>(
        &self,
        run: impl Fn(Arc<Check>) -> Fut,
    ) -> Vec<CheckReport> {
        if locked(&self.0.shutdown).as_ref().is_some_and(Shutdown::is_draining) {
            // Nobody shall come any more: what else is wrong does not matter.
            return vec![CheckReport { name: Self::DRAINING.to_owned(), ok: false }];
        }
        let checks = locked(&self.0.checks).clone();
        join_all(checks.into_iter().map(|check| {
            let (name, result) = (check.name().to_owned(), run(check));
            async move { CheckReport { name, ok: result.await } }
        }))
        .await
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole between any two statements, also where a thread panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(locked(&self.0.checks).iter().map(|check| check.name())).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_probes_runs_a_check_once_until_the_result_is_old() {
        let (health, ran) = (Health::default(), Arc::new(AtomicUsize::new(0)));
        let count = ran.clone();
        health.add("slow", move || {
            count.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(())
            }
        });
        let storm = join_all((0..50).map(|_| health.ready())).await;
        assert!(storm.iter().all(|reports| reports[0].ok));
        assert_eq!(ran.load(Ordering::SeqCst), 1);
        tokio::time::advance(Health::KEEP).await;
        health.ready().await;
        assert_eq!(ran.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_has_its_own_time_and_does_not_hold_up_the_others_result() {
        let health = Health::default();
        let hangs = || std::future::pending::<Result<(), String>>();
        health.add_check(Check::new("hangs", hangs).timeout(Duration::from_millis(50)));
        health.add("fine", || async { Ok(()) });
        let started = tokio::time::Instant::now();
        let reports = health.run().await;
        assert_eq!(reports.iter().map(|report| report.ok).collect::<Vec<_>>(), [false, true]);
        assert_eq!(started.elapsed().as_millis(), 50);
    }

    #[tokio::test]
    async fn a_probe_that_leaves_does_not_block_the_next() {
        let health = Health::default();
        let first = Arc::new(AtomicUsize::new(0));
        health.add("hangs once", move || {
            let hangs = first.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if hangs { std::future::pending().await } else { Ok(()) } }
        });
        let left = health.ready();
        tokio::select! { biased; _ = left => panic!("it hangs"), () = async {} => {} }
        assert!(health.ready().await[0].ok);
    }

    #[tokio::test]
    async fn a_process_that_drains_is_not_ready_although_nothing_is_wrong() {
        let (health, shutdown) = (Health::default(), Shutdown::new());
        health.add("fine", || async { Ok(()) });
        health.drain_with(&shutdown);
        assert!(health.ready().await[0].ok);
        shutdown.request();
        assert_eq!(health.ready().await, [CheckReport { name: "draining".to_owned(), ok: false }]);
    }
}
