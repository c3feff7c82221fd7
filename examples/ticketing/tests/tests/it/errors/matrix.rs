//! Many cases in one test: all of them run, and all that fail are told.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Counts cases and collects failures.
#[derive(Debug, Default)]
pub(super) struct Matrix {
    cases: usize,
    failures: Vec<String>,
}

impl Matrix {
    /// Runs one case; a panic in it is a failure of that case alone.
    pub(super) fn case(&mut self, name: impl Into<String>, run: impl FnOnce()) {
        self.cases += 1;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            self.failures.push(format!("{}\n{}", name.into(), text.unwrap_or("a panic")));
        }
    }

    /// Fails if a case has failed, or if there was none.
    #[track_caller]
    pub(super) fn finish(self) {
        let Self { cases, failures } = self;
        assert!(cases > 0, "an empty matrix proves nothing");
        let all = failures.join("\n\n");
        assert!(failures.is_empty(), "{} of {cases} cases failed:\n\n{all}", failures.len());
    }
}

#[test]
fn a_failed_case_fails_the_matrix_after_the_others() {
    let mut matrix = Matrix::default();
    let mut ran = 0;
    matrix.case("one", || panic!("no"));
    matrix.case("two", || ran += 1);
    assert_eq!(ran, 1);
    assert!(catch_unwind(AssertUnwindSafe(|| matrix.finish())).is_err());
    assert!(catch_unwind(|| Matrix::default().finish()).is_err());
}
