use std::{
    collections::BTreeSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Catalogue;
use crate::{Problem, problem::ParseProblemError};

/// Compares what a service answered in a test with its [`Catalogue`], in both directions.
///
/// ```
/// use ticketkit_core::{Problem, catalogue::{Catalogue, Coverage}, error::{Forbidden, NotFound}};
///
/// let coverage = Coverage::of(Catalogue::new("tickets").with::<NotFound>().with::<Forbidden>());
/// coverage.observe(&Problem::of(&NotFound).to_json()).unwrap();
///
/// let gaps = coverage.check().unwrap_err();
/// assert_eq!(gaps.unseen[0].1, "forbidden");
/// assert!(gaps.undocumented.is_empty());
/// assert!(coverage.except(["forbidden"]).check().is_ok());
/// ```
#[derive(Debug)]
pub struct Coverage {
    catalogue: Catalogue,
    except: BTreeSet<String>,
    seen: Mutex<BTreeSet<(u16, String)>>,
}

impl Coverage {
    /// Begins with nothing observed.
    #[must_use]
    pub fn of(catalogue: Catalogue) -> Self {
        Self { catalogue, except: BTreeSet::new(), seen: Mutex::default() }
    }

    /// Names codes that the test can't provoke, such as `internal`: they need not be seen.
    ///
    /// What is seen must be documented all the same.
    #[must_use]
    pub fn except(mut self, codes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.except.extend(codes.into_iter().map(Into::into));
        self
    }

    /// Notes the body of an answer of 400 or above. Other answers are not shown to it.
    ///
    /// # Errors
    ///
    /// If the body is no problem document.
    pub fn observe(&self, body: &[u8]) -> Result<Problem, ParseProblemError> {
        let problem = Problem::parse(body)?;
        self.lock().insert((problem.status, problem.code.as_str().to_owned()));
        Ok(problem)
    }

    /// Compares.
    ///
    /// # Errors
    ///
    /// [`Gaps`], which lists what was answered and is not in the catalogue, and what is in the
    /// catalogue and was not answered.
    pub fn check(&self) -> Result<(), Gaps> {
        let entries = self.catalogue.entries().iter();
        let documented: BTreeSet<_> =
            entries.map(|entry| (entry.status.as_u16(), entry.code.as_str().to_owned())).collect();
        let seen = self.lock();
        let undocumented: Vec<_> = seen.difference(&documented).cloned().collect();
        let unseen: Vec<_> = documented
            .difference(&seen)
            .filter(|(_, code)| !self.except.contains(code))
            .cloned()
            .collect();
        if undocumented.is_empty() && unseen.is_empty() {
            return Ok(());
        }
        Err(Gaps { service: self.catalogue.service().to_owned(), undocumented, unseen })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<(u16, String)>> {
        // A test that panicked elsewhere leaves a set that is whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a service and its catalogue differ.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gaps {
    /// The service.
    pub service: String,
    /// Status and code of what was answered and is not documented.
    pub undocumented: Vec<(u16, String)>,
    /// Status and code of what is documented and was not answered.
    pub unseen: Vec<(u16, String)>,
}

impl fmt::Display for Gaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |pairs: &[(u16, String)]| {
            pairs.iter().map(|(s, code)| format!("{s} `{code}`")).collect::<Vec<_>>().join(", ")
        };
        write!(f, "the catalogue of `{}` is not what it answers", self.service)?;
        if !self.undocumented.is_empty() {
            write!(f, "; answered but not documented: {}", list(&self.undocumented))?;
        }
        if !self.unseen.is_empty() {
            write!(f, "; documented but never answered: {}", list(&self.unseen))?;
        }
        Ok(())
    }
}

impl std::error::Error for Gaps {}
