/// How loudly an error is logged.
///
/// By default a 5xx is an error of the log, and a 4xx a matter of debugging: clients cause the
/// latter at will.
///
/// ```
/// use ticketkit_core::{LogLevel, ServiceError};
///
/// #[derive(Debug, thiserror::Error, ServiceError)]
/// #[error("the signature of {0} is wrong")]
/// #[problem(status = 400, code = "bad_signature", log = "warn")]
/// struct BadSignature(&'static str);
///
/// assert_eq!(BadSignature("the provider").log_level(), LogLevel::Warn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// For one who looks for the path that a request took.
    Trace,
    /// For one who looks for the reason of an answer.
    Debug,
    /// Worth a line in daily operation.
    Info,
    /// Worth a look.
    Warn,
    /// Somebody has to act.
    Error,
}

/// The target of the lines about errors.
pub(crate) const TARGET: &str = "ticketkit_core::error";

impl LogLevel {
    /// Tells whether the text of a cause is worth making: nobody may listen to the lower levels,
    /// on which clients can put any number of lines.
    pub(crate) fn wants_cause(self) -> bool {
        match self {
            Self::Error => true,
            Self::Trace => tracing::enabled!(target: TARGET, tracing::Level::TRACE),
            Self::Debug => tracing::enabled!(target: TARGET, tracing::Level::DEBUG),
            Self::Info => tracing::enabled!(target: TARGET, tracing::Level::INFO),
            Self::Warn => tracing::enabled!(target: TARGET, tracing::Level::WARN),
        }
    }
}
