#[cfg(any(feature = "axum", feature = "tower"))]
use std::borrow::Cow;
use std::{any::Any, error::Error};

use http::HeaderMap;

use super::{Settings, known};
#[cfg(any(feature = "axum", feature = "tower"))]
use crate::{Code, ServiceError};
use crate::{
    ErrorStatus,
    problem::{Report, chain},
};

/// Why the inner service has no response.
pub(super) enum Failure {
    /// With the text of the panic.
    Panic(String),
    Error(Box<dyn Error + Send + Sync>),
}

impl Failure {
    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        Self::Panic(panic_text(payload))
    }

    /// Says what the client learns: of an error that is known what it says, of others nothing.
    pub(super) fn into_report(self, settings: &Settings) -> (Report, HeaderMap) {
        let mut headers = HeaderMap::new();
        let internal = ErrorStatus::INTERNAL_SERVER_ERROR;
        let error = match self {
            Self::Panic(text) => {
                return (Report::foreign(internal, Some(text.into())), headers);
            }
            Self::Error(error) => error,
        };
        let mut report = None;
        known::recognise(error.as_ref(), &settings.known, &mut |known| {
            known.headers(&mut headers);
            report = Some(Report::of(known));
        });
        let mut report = report.unwrap_or_else(|| Report::foreign(internal, None));
        // The error that was known may be deep inside: the log gets all of it.
        report.cause = report.log_level.wants_cause().then(|| chain(error.as_ref()));
        (report, headers)
    }
}

pub(super) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("the panic has no text"))
}

/// An error of which only the status is known.
#[cfg(any(feature = "axum", feature = "tower"))]
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.generic().1)]
pub(super) struct Bare(pub(super) ErrorStatus);

#[cfg(any(feature = "axum", feature = "tower"))]
impl ServiceError for Bare {
    fn status(&self) -> ErrorStatus {
        self.0
    }
    fn code(&self) -> Code {
        Code::new(self.0.generic().0)
    }
    fn title(&self) -> Cow<'static, str> {
        self.0.generic().1.into()
    }
}
