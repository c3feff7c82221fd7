//! How many events are claimed ahead.

use std::time::Duration;

/// What is claimed at the same time should last this long.
const SPAN: Duration = Duration::from_millis(5);
/// So many for each handler at least: one more than it handles, so that none idles.
const LEAST: usize = 2;
/// So many for each handler at most.
const MOST: usize = 32;

/// As much as handlers get through in a few milliseconds: with slow ones little is kept from other
/// instances, with quick ones a step to the engine and back is shared by many events.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    least: usize,
    most: usize,
}

impl Window {
    pub(super) fn new(concurrency: usize) -> Self {
        let (least, most) = (concurrency.saturating_mul(LEAST), concurrency.saturating_mul(MOST));
        Self { size: least, least, most }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Takes in how many were handled in how long, while there was enough to do.
    pub(super) fn note(&mut self, handled: usize, took: Duration) {
        let spans = SPAN.as_secs_f64() / took.as_secs_f64().max(1e-9);
        // A float becomes the nearest integer that there is.
        let target = (handled as f64 * spans) as usize;
        self.size = target.min(self.size.saturating_mul(2)).clamp(self.least, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_with_quick_handlers_and_shrinks_with_slow_ones() {
        let mut window = Window::new(8);
        assert_eq!(window.size(), 16);
        for size in [32, 64, 128, 256, 256] {
            window.note(16, Duration::from_micros(50));
            assert_eq!(window.size(), size);
        }
        window.note(50, Duration::from_millis(5));
        assert_eq!(window.size(), 50);
        window.note(1, Duration::from_secs(1));
        assert_eq!(window.size(), 16);
        window.note(1, Duration::ZERO);
        assert_eq!(window.size(), 32);
    }
}
