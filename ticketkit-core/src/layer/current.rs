//! The request that the running code answers, so that its documents are rendered once.

use std::cell::Cell;

use super::About;
use crate::{Problem, RequestId};

thread_local! {
    /// What the innermost layer knows of the request whose future this thread is polling.
    static CURRENT: Cell<Option<About>> = const { Cell::new(None) };
}

/// Completes a document with what the layer around the running code knows of the request.
///
/// Returns the request, or none where no layer is around.
pub(crate) fn complete(problem: &mut Problem) -> Option<RequestId> {
    let about = CURRENT.take()?;
    about.complete(problem);
    let request = about.request;
    CURRENT.set(Some(about));
    Some(request)
}

/// Lends what a layer knows to the code that it runs; dropping it takes it back, panics included.
pub(super) struct Entered<'a> {
    about: &'a mut Option<About>,
    outer: Option<About>,
}

impl<'a> Entered<'a> {
    pub(super) fn new(about: &'a mut Option<About>) -> Self {
        let outer = CURRENT.replace(about.take());
        Self { about, outer }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.about = CURRENT.replace(self.outer.take());
    }
}
