use std::{fmt::Display, io};

pub(crate) type Result<T> = std::result::Result<T, ServerError>;

/// Why a server does not run. Its text says what was tried, and holds the end of the server's log.
#[derive(Debug)]
pub struct ServerError(String);

impl ServerError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServerError {}

/// Says what was tried when an operation of the system failed.
pub(crate) trait ResultExt<T> {
    fn or_say(self, what: impl Display) -> Result<T>;
}

impl<T> ResultExt<T> for io::Result<T> {
    fn or_say(self, what: impl Display) -> Result<T> {
        self.map_err(|error| ServerError(format!("{what}: {error}")))
    }
}
