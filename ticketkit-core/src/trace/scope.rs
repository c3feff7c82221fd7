use std::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::TraceContext;

thread_local! {
    /// The context of the task that this thread is polling.
    static CURRENT: RefCell<Option<TraceContext>> = const { RefCell::new(None) };
}

impl TraceContext {
    /// Returns the context that the running code is [within](Self::scope), if there is one.
    ///
    /// A task that is spawned is not within it: pass the context to it.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs a future within this context, on whichever thread and runtime it is polled.
    ///
    /// ```
    /// use ticketkit_core::trace::TraceContext;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let context = TraceContext::root();
    /// let seen = context.clone().scope(async { TraceContext::current() }).await;
    /// assert_eq!(seen, Some(context));
    /// assert_eq!(TraceContext::current(), None);
    /// # });
    /// ```
    pub fn scope<F: Future>(self, future: F) -> Scope<F> {
        Scope { future, context: Some(self) }
    }

    /// Runs a function within this context.
    #[cfg(feature = "chassis")]
    pub(crate) fn enter<T>(&self, run: impl FnOnce() -> T) -> T {
        let mut context = Some(self.clone());
        let _entered = Entered::swap(&mut context);
        run()
    }
}

pin_project! {
    /// The future of [`TraceContext::scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Scope<F> {
        #[pin]
        future: F,
        context: Option<TraceContext>,
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::swap(this.context);
        this.future.poll(cx)
    }
}

/// Puts back what was there before, also where the future panics.
struct Entered<'a> {
    context: &'a mut Option<TraceContext>,
}

impl<'a> Entered<'a> {
    fn swap(context: &'a mut Option<TraceContext>) -> Self {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, context));
        Self { context }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.context));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn scopes_nest_and_end_also_with_a_panic() {
        let (outer, inner) = (TraceContext::root(), TraceContext::root());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let nested = outer.clone().scope(async {
            let within = inner.clone().scope(async { TraceContext::current() }).await;
            (within, TraceContext::current())
        });
        let seen = std::pin::pin!(nested).poll(&mut cx);
        assert_eq!(seen, Poll::Ready((Some(inner.clone()), Some(outer.clone()))));
        let panics = std::pin::pin!(outer.scope(async { panic!("on purpose") }));
        assert!(catch_unwind(AssertUnwindSafe(|| panics.poll(&mut cx))).is_err());
        assert_eq!(TraceContext::current(), None);
    }
}
