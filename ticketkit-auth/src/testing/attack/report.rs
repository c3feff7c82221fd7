use std::{collections::BTreeMap, fmt};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The id of the check, such as `T1`.
    pub id: &'static str,
    /// What was tried.
    pub what: String,
    /// What the target answered; 0 if it did not.
    pub status: u16,
    /// Whether it is what has to be answered.
    pub passed: bool,
}

/// What became of all that was tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub(super) attempts: Vec<Attempt>,
}

impl Report {
    /// Tells whether nothing got through.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.attempts.is_empty() && self.attempts.iter().all(|attempt| attempt.passed)
    }

    /// Returns all that was tried.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Returns what got through, or was answered otherwise than it must be.
    pub fn failures(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| !attempt.passed)
    }

    pub(super) fn note(
        &mut self,
        id: &'static str,
        what: impl Into<String>,
        status: u16,
        passed: bool,
    ) {
        self.attempts.push(Attempt { id, what: what.into(), status, passed });
    }
}

/// A line for each id, and one for each failure.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_id: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for attempt in &self.attempts {
            let (passed, all) = by_id.entry(attempt.id).or_default();
            *passed += usize::from(attempt.passed);
            *all += 1;
        }
        for (id, (passed, all)) in by_id {
            let verdict = if passed == all { "ok" } else { "FAILED" };
            writeln!(f, "{id:<5} {verdict:<6} {passed} of {all}")?;
        }
        for attempt in self.failures() {
            writeln!(f, "{}: {} was answered with {}", attempt.id, attempt.what, attempt.status)?;
        }
        Ok(())
    }
}
