use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{Clock, Source, Timestamp};

/// Moves a [`Clock`]: time stands still between two moves.
///
/// ```
/// use std::time::Duration;
/// use ticketkit_core::clock::ManualClock;
///
/// let manual = ManualClock::default();
/// let clock = manual.clock();
/// let before = clock.unix_seconds();
/// manual.advance(Duration::from_secs(300));
/// assert_eq!(clock.unix_seconds(), before + 300);
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<State>>);

struct State {
    now: Timestamp,
    elapsed: Duration,
    /// Who waits, by the number of the future.
    waiting: Vec<(u64, Waker)>,
    next: u64,
}

impl ManualClock {
    /// Makes a clock that shows the given time.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        let state = State { now: start, elapsed: Duration::ZERO, waiting: Vec::new(), next: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Makes a clock that shows the given milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn at_unix_millis(millis: i64) -> Self {
        Self::at(Timestamp::from_millis(millis))
    }

    /// Returns the clock to hand to what is tested; it follows this one.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(self.clone()))
    }

    /// Returns the time that it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state().now
    }

    /// Moves the clock forward, and wakes who waited for that.
    pub fn advance(&self, by: Duration) {
        self.change(|state| {
            state.now = state.now + by;
            state.elapsed = state.elapsed.saturating_add(by);
        });
    }

    /// Corrects the time of day, forward or back, as an operator does or a time server.
    ///
    /// No time passes: [`Clock::monotonic`] stays where it is.
    pub fn set(&self, now: Timestamp) {
        self.change(|state| state.now = now);
    }

    /// Waits until the clock shows `at` or later, on whichever runtime. Dropping it has no effect.
    pub fn reached(&self, at: Timestamp) -> Reached {
        Reached { clock: self.clone(), at, number: None }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.state().elapsed
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let woken = {
            let mut state = self.state();
            change(&mut state);
            std::mem::take(&mut state.waiting)
        };
        // Outside the lock: a waker may poll at once.
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here is left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    /// A clock in the autumn of 2026.
    fn default() -> Self {
        Self::at_unix_millis(1_790_000_000_000)
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.now())
    }
}

/// The future of [`ManualClock::reached`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Reached {
    clock: ManualClock,
    at: Timestamp,
    /// Under which its waker stands in the list, once it has waited.
    number: Option<u64>,
}

impl Future for Reached {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.now >= self.at {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert(state.next);
        state.next = state.next.max(number + 1);
        match state.waiting.iter_mut().find(|(other, _)| *other == number) {
            Some((_, waker)) => waker.clone_from(cx.waker()),
            None => state.waiting.push((number, cx.waker().clone())),
        }
        Poll::Pending
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.clock.state().waiting.retain(|(other, _)| *other != number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn who_waits_is_woken_by_each_move_and_ready_at_the_time() {
        let (time, count) = (ManualClock::default(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let mut reached = pin!(time.reached(time.now() + Duration::from_secs(10)));
        assert!(reached.as_mut().poll(&mut cx).is_pending());
        assert!(reached.as_mut().poll(&mut cx).is_pending());
        time.advance(Duration::from_millis(9_999));
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(reached.as_mut().poll(&mut cx).is_pending());
        time.advance(Duration::from_millis(1));
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
        assert!(reached.as_mut().poll(&mut cx).is_ready());
    }

    #[test]
    fn who_no_longer_waits_leaves_nothing_behind() {
        let time = ManualClock::default();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            let mut reached = Box::pin(time.reached(time.now() + Duration::from_secs(1)));
            assert!(reached.as_mut().poll(&mut cx).is_pending());
        }
        assert!(time.state().waiting.is_empty());
    }

    #[test]
    fn a_clock_that_is_set_back_has_not_lived_less() {
        let time = ManualClock::default();
        let (clock, before) = (time.clock(), time.now());
        time.advance(Duration::from_secs(60));
        let lived = clock.monotonic();
        time.set(before - Duration::from_secs(3600));
        assert_eq!((clock.now(), clock.monotonic()), (before - Duration::from_secs(3600), lived));
    }
}
