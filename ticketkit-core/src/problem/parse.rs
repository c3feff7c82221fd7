use super::Problem;
use crate::ErrorStatus;

/// The longest document that is read, in bytes.
pub const MAX_DOCUMENT: usize = 64 * 1024;

impl Problem {
    /// Reads a document.
    ///
    /// Unknown members are ignored and unknown codes kept.
    ///
    /// # Errors
    ///
    /// If it is longer than [`MAX_DOCUMENT`], is no document of this contract, has a status that
    /// is none of an error, or an empty `errors`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseProblemError> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(ParseProblemError::TooLong(bytes.len()));
        }
        let problem: Self = serde_json::from_slice(bytes).map_err(ParseProblemError::Malformed)?;
        if ErrorStatus::new(problem.status).is_none() {
            return Err(ParseProblemError::Status(problem.status));
        }
        if problem.errors.is_empty() {
            return Err(ParseProblemError::NoErrors);
        }
        Ok(problem)
    }
}

/// Why bytes are no problem document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseProblemError {
    /// It is longer than [`MAX_DOCUMENT`].
    #[error("a problem document of {0} bytes: at most {MAX_DOCUMENT} are read")]
    TooLong(usize),
    /// It is no JSON, or a member is missing or of the wrong type.
    #[error("not a problem document")]
    Malformed(#[source] serde_json::Error),
    /// The status is none of an error.
    #[error("the status {0} of a problem document: 400 to 599 are allowed")]
    Status(u16),
    /// `errors` has no entry.
    #[error("`errors` of a problem document is empty: at least one entry is required")]
    NoErrors,
}
