//! How a command ends when it can't go on.

use std::fmt::Display;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something was not as it had to be.
    Message(String),
    /// The command line can't be understood.
    Usage(String),
    /// Ctrl-C, or the request of the system to end.
    Interrupted,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

/// Says what was tried when an operation of the system failed.
pub(crate) trait ResultExt<T> {
    fn or_say(self, what: impl Display) -> Result<T>;
}

impl<T> ResultExt<T> for std::io::Result<T> {
    fn or_say(self, what: impl Display) -> Result<T> {
        self.map_err(|error| Failure::Message(format!("{what}: {error}")))
    }
}
