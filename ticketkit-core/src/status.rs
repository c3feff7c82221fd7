use http::StatusCode;

use crate::LogLevel;

/// An HTTP status that can only be an error: 400 to 599.
///
/// ```
/// use ticketkit_core::ErrorStatus;
///
/// assert_eq!(ErrorStatus::new(404), Some(ErrorStatus::NOT_FOUND));
/// assert_eq!(ErrorStatus::new(200), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorStatus(u16);

macro_rules! statuses {
    ($($name:ident = $number:literal),* $(,)?) => {
        impl ErrorStatus {
            $(#[doc = concat!("`", stringify!($number), "`.")] pub const $name: Self = Self($number);)*
        }
    };
}

statuses! {
    BAD_REQUEST = 400,
    UNAUTHORIZED = 401,
    PAYMENT_REQUIRED = 402,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    METHOD_NOT_ALLOWED = 405,
    REQUEST_TIMEOUT = 408,
    CONFLICT = 409,
    PRECONDITION_FAILED = 412,
    PAYLOAD_TOO_LARGE = 413,
    UNSUPPORTED_MEDIA_TYPE = 415,
    UNPROCESSABLE_CONTENT = 422,
    TOO_MANY_REQUESTS = 429,
    INTERNAL_SERVER_ERROR = 500,
    BAD_GATEWAY = 502,
    SERVICE_UNAVAILABLE = 503,
    GATEWAY_TIMEOUT = 504,
}

impl ErrorStatus {
    /// Makes a status of a number, if it is one of an error.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 400 && number <= 599 { Some(Self(number)) } else { None }
    }

    /// Returns the number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Tells whether the fault is the server's (500 to 599).
    #[must_use]
    pub const fn is_server_error(self) -> bool {
        self.0 >= 500
    }

    /// Tells whether the same request can succeed later: 408, 425, 429, 502, 503 and 504.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self.0, 408 | 425 | 429 | 502 | 503 | 504)
    }

    /// The level of the log unless the error names another: errors for 5xx, debugging for 4xx.
    #[must_use]
    pub const fn log_level(self) -> LogLevel {
        if self.is_server_error() { LogLevel::Error } else { LogLevel::Debug }
    }

    /// The code and the title of an error of which nothing but the status is known.
    ///
    /// The layer gives them to the responses of frameworks and of foreign code.
    #[must_use]
    pub const fn generic(self) -> (&'static str, &'static str) {
        match self.0 {
            400 => ("bad_request", "Bad request"),
            401 => ("unauthenticated", "Not signed in"),
            403 => ("forbidden", "Not allowed"),
            404 => ("not_found", "Not found"),
            405 => ("method_not_allowed", "Method not allowed"),
            408 => ("request_timeout", "The request took too long to arrive"),
            409 => ("conflict", "The state does not allow it"),
            412 => ("stale_version", "The version is no longer current"),
            413 => ("payload_too_large", "The body is too large"),
            414 => ("uri_too_long", "The address is too long"),
            415 => ("unsupported_media_type", "The content type is not supported"),
            422 => ("validation_failed", "Validation failed"),
            429 => ("rate_limited", "Too many attempts"),
            431 => ("headers_too_large", "The headers are too large"),
            502 => ("upstream_failed", "A service behind this one failed"),
            503 => ("unavailable", "Not available at the moment"),
            504 => ("timeout", "It took too long"),
            number if number < 500 => ("request_failed", "The request failed"),
            _ => ("internal", "Something went wrong on our side"),
        }
    }
}

impl From<ErrorStatus> for StatusCode {
    fn from(status: ErrorStatus) -> Self {
        Self::from_u16(status.0).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl TryFrom<StatusCode> for ErrorStatus {
    type Error = StatusCode;

    fn try_from(status: StatusCode) -> Result<Self, StatusCode> {
        Self::new(status.as_u16()).ok_or(status)
    }
}
