use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{sync::Mutex, time::Instant};

use super::Health;

type Run = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// One check of a [`Health`], with its own times.
#[must_use = "a check does nothing until it is added"]
pub struct Check {
    name: String,
    run: Run,
    timeout: Duration,
    keep: Duration,
    /// When it was last found out, and what. Held while the check runs, so that it runs once.
    last: Mutex<Option<(Instant, bool)>>,
    failing: AtomicBool,
}

impl Check {
    /// Makes a check; its error is for the log.
    pub fn new<F, Fut>(name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self {
            name: name.into(),
            run: Box::new(move || Box::pin(check())),
            timeout: Health::TIMEOUT,
            keep: Health::KEEP,
            last: Mutex::new(None),
            failing: AtomicBool::new(false),
        }
    }

    /// Sets how long it may take; the default is [`Health::TIMEOUT`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets for how long a result is used; the default is [`Health::KEEP`].
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn run(&self) -> bool {
        let result = tokio::time::timeout(self.timeout, (self.run)()).await;
        let result = result.unwrap_or_else(|_| Err(format!("no answer within {:?}", self.timeout)));
        let was_failing = self.failing.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            // A probe comes every few seconds: only the change is worth a line.
            Err(error) if !was_failing => tracing::warn!(check = self.name, error, "not ready"),
            Err(error) => tracing::debug!(check = self.name, error, "still not ready"),
            Ok(()) if was_failing => tracing::info!(check = self.name, "ready again"),
            Ok(()) => {}
        }
        result.is_ok()
    }

    pub(super) async fn recent(&self) -> bool {
        // Whoever waits here gets the result that is being found out.
        let mut last = self.last.lock().await;
        if let Some((_, ok)) = last.filter(|(at, _)| at.elapsed() < self.keep) {
            return ok;
        }
        let ok = self.run().await;
        *last = Some((Instant::now(), ok));
        ok
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
