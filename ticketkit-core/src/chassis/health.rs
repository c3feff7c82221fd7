use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use serde::Serialize;

type Check =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// The named checks that say whether a process can serve.
///
/// Clones share the checks. A check that does not answer within [`Health::TIMEOUT`] has failed;
/// what it says is logged, and only its name is public.
///
/// ```
/// use ticketkit_core::chassis::Health;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let health = Health::default();
/// health.add("database", || async { Err("no route to host".to_owned()) });
/// let reports = health.run().await;
/// assert_eq!((reports[0].name.as_str(), reports[0].ok), ("database", false));
/// # });
/// ```
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<Vec<(String, Check)>>>);

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The name it was added under.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
}

impl Health {
    /// How long a check may take.
    pub const TIMEOUT: Duration = Duration::from_secs(2);

    /// Adds a check; its error is for the log.
    pub fn add<F, Fut>(&self, name: impl Into<String>, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.checks().push((name.into(), check));
    }

    /// Runs all checks at once.
    pub async fn run(&self) -> Vec<CheckReport> {
        let checks = self.checks().clone();
        join_all(checks.into_iter().map(|(name, check)| async move {
            let result = tokio::time::timeout(Self::TIMEOUT, check()).await;
            let result = result.unwrap_or_else(|_| Err("no answer in time".to_owned()));
            if let Err(error) = &result {
                tracing::warn!(check = name, error, "not ready");
            }
            CheckReport { name, ok: result.is_ok() }
        }))
        .await
    }

    fn checks(&self) -> std::sync::MutexGuard<'_, Vec<(String, Check)>> {
        // The list is whole between any two statements, also where a thread panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.checks().iter().map(|(name, _)| name)).finish()
    }
}
