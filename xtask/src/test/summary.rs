//! What came of a test run.

use std::time::{Duration, Instant};

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    /// Something that should have run tests and could not: one failure, whatever it held.
    pub(crate) fn broken() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    fn is_zero(self) -> bool {
        self == Self::default()
    }
}

/// The parts of a run, their counts and times.
#[derive(Debug)]
pub(crate) struct Summary {
    begun: Instant,
    part_begun: Instant,
    parts: Vec<(String, Counts, Duration)>,
    left_out: Vec<LeftOut>,
}

#[derive(Debug)]
struct LeftOut {
    tests: Vec<String>,
    missing: String,
    advice: String,
}

impl Summary {
    pub(crate) fn begin() -> Self {
        let now = Instant::now();
        Self { begun: now, part_begun: now, parts: Vec::new(), left_out: Vec::new() }
    }

    /// Adds a part that ended just now and began when the one before it ended.
    pub(crate) fn add(&mut self, part: impl Into<String>, counts: Counts) {
        let now = Instant::now();
        self.parts.push((part.into(), counts, now - self.part_begun));
        self.part_begun = now;
    }

    /// Adds tests that could not run for lack of what they need.
    pub(crate) fn skip(&mut self, tests: Vec<String>, missing: String, advice: String) {
        self.left_out.push(LeftOut { tests, missing, advice });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total().is_zero()
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.total().failed == 0
    }

    pub(crate) fn total(&self) -> Counts {
        let mut total = Counts::default();
        for (_, counts, _) in &self.parts {
            total.add(*counts);
        }
        total.skipped += self.left_out.iter().map(|left| left.tests.len()).sum::<usize>();
        total
    }

    /// Prints the parts, what was left out and why, and the totals alone on the last line.
    pub(crate) fn print(&self) {
        println!();
        for (part, Counts { passed, failed, skipped }, took) in &self.parts {
            let took = took.as_secs_f64();
            println!(
                "{part:<28} {passed:>4} passed {failed:>3} failed {skipped:>3} skipped {took:>7.1} s"
            );
        }
        for left in &self.left_out {
            println!("\nskipped, because this machine lacks {}:", left.missing);
            for test in &left.tests {
                println!("    {test}");
            }
            println!("to run them, type: {}", left.advice);
        }
        let Counts { passed, failed, skipped } = self.total();
        println!("\n{} tests ran in {:.1} s", passed + failed, self.begun.elapsed().as_secs_f64());
        println!("{passed} passed, {failed} failed, {skipped} skipped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_counts_every_part_and_what_was_left_out() {
        let mut summary = Summary::begin();
        assert!(summary.is_empty());
        summary.add("a", Counts { passed: 3, failed: 0, skipped: 1 });
        summary.add("b", Counts { passed: 4, failed: 0, skipped: 0 });
        summary.skip(vec!["c::d".into()], "Chromium".into(), "apt-get …".into());
        assert_eq!(summary.total(), Counts { passed: 7, failed: 0, skipped: 2 });
        assert!(summary.succeeded());
        summary.add("e", Counts::broken());
        assert!(!summary.succeeded());
    }
}
