//! How a command ends when it does not do what it is asked.

use std::{fmt, io, path::Path};

/// Why a command fails; the text is one sentence for the person.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The answer is no: drift, a conflict, a check that failed, a disk that is full.
    No,
    /// What was asked cannot be asked.
    Input,
}

impl Failure {
    /// The answer is no.
    pub(crate) fn no(text: impl fmt::Display) -> Self {
        Self { kind: Kind::No, text: text.to_string() }
    }

    /// What was asked cannot be asked.
    pub(crate) fn input(text: impl fmt::Display) -> Self {
        Self { kind: Kind::Input, text: text.to_string() }
    }

    /// Something cannot be done with a file.
    pub(crate) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::no(format!("cannot {what} {}: {error}", path.display()))
    }

    /// 1 where the answer is no, 2 where the question was wrong.
    pub(crate) const fn code(&self) -> u8 {
        match self.kind {
            Kind::No => 1,
            Kind::Input => 2,
        }
    }
}
