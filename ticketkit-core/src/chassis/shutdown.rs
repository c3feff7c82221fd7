use std::{io, time::Duration};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::Instant,
};

/// Tells all parts of a process that it is to end, so that they can finish what they began.
///
/// Clones share one state. Once requested, it stays so. Behind a load balancer the end can wait a
/// little ([`with_delay`](Self::with_delay)): at first only readiness fails, so that no new
/// requests come, and then the rest ends.
///
/// ```
/// use ticketkit_core::chassis::Shutdown;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let shutdown = Shutdown::new();
/// let until = shutdown.clone();
/// let sweeper = tokio::spawn(async move {
///     let mut rounds = tokio::time::interval(std::time::Duration::from_secs(60));
///     loop {
///         tokio::select! {
///             _ = rounds.tick() => { /* … sweep … */ }
///             () = until.requested() => break,
///         }
///     }
/// });
/// shutdown.request();
/// sweeper.await.unwrap();
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<State>);

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// When the end was asked for.
    asked: Option<Instant>,
    delay: Duration,
}

impl State {
    fn ends(self) -> Option<Instant> {
        self.asked.map(|asked| asked + self.delay)
    }
}

impl Shutdown {
    /// Makes a shutdown that only [`request`](Self::request) asks for.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::default())
    }

    /// Makes a shutdown that SIGTERM or Ctrl-C asks for; a second signal ends the process at once.
    ///
    /// # Errors
    ///
    /// If the system refuses a signal handler.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::new();
        let mut term = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let handle = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {} }
            tracing::info!("draining; a second signal ends the process at once");
            handle.request();
            tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {} }
            std::process::exit(130);
        });
        Ok(shutdown)
    }

    /// Lets this much time pass between the request and the end, for all clones.
    ///
    /// It should be a little more than a load balancer takes to notice that a process is not ready.
    /// None by default.
    #[must_use]
    pub fn with_delay(self, delay: Duration) -> Self {
        self.0.send_modify(|state| state.delay = delay);
        self
    }

    /// Asks for the end.
    pub fn request(&self) {
        self.0.send_if_modified(|state| {
            let first = state.asked.is_none();
            state.asked.get_or_insert_with(Instant::now);
            first
        });
    }

    /// Tells whether the end was asked for, and the delay is over.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.borrow().ends().is_some_and(|ends| ends <= Instant::now())
    }

    /// Tells whether the end was asked for, with or without a delay to go.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.borrow().asked.is_some()
    }

    /// Waits until the end is asked for and the delay is over. Can be dropped at any time.
    pub async fn requested(&self) {
        self.draining().await;
        let State { asked, delay } = *self.0.borrow();
        // Without a delay no timer is needed, and none is asked of the runtime.
        if let Some(asked) = asked.filter(|_| !delay.is_zero()) {
            tokio::time::sleep_until(asked + delay).await;
        }
    }

    /// Waits until the end is asked for. Can be dropped at any time.
    pub async fn draining(&self) {
        // The sender lives in `self`, so that waiting ends with the request alone.
        let _ = self.0.subscribe().wait_for(|state| state.asked.is_some()).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn with_a_delay_it_drains_before_it_ends() {
        let delay = Duration::from_secs(7);
        let shutdown = Shutdown::new().with_delay(delay);
        let clone = shutdown.clone();
        assert!(!shutdown.is_draining() && !shutdown.is_requested());
        let asked = Instant::now();
        clone.request();
        shutdown.draining().await;
        assert!(shutdown.is_draining() && !shutdown.is_requested());
        tokio::time::advance(Duration::from_secs(3)).await;
        // A second request does not begin the delay anew.
        shutdown.request();
        clone.requested().await;
        assert_eq!(asked.elapsed().as_secs(), 7);
        assert!(shutdown.is_requested());
    }

    #[test]
    fn without_a_delay_it_ends_at_once_and_needs_no_timer() {
        let shutdown = Shutdown::new();
        shutdown.request();
        assert!(shutdown.is_requested());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(shutdown.requested());
    }
}
