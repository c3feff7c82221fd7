//! The derive: what it gives, and what it refuses to compile.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use ticketkit_core::{
    Code, ErrorStatus, FieldError, LogLevel, Problem, ServiceError, error::NotFound,
};

#[derive(Debug, thiserror::Error, ServiceError)]
enum Order {
    #[error("no order {0}")]
    #[problem(status = 404, code = "order_not_found", detail = "There is no order {0}.")]
    Missing(u32),
    #[error("must be at least {least}")]
    #[problem(
        status = 422,
        code = "validation_failed",
        title = "Validation failed",
        field = "price",
        detail
    )]
    TooCheap { least: i64 },
    #[error(transparent)]
    #[problem(transparent)]
    Common(#[from] NotFound),
    #[error("cannot reach {host}")]
    #[problem(status = 503, detail = "Try again in a moment.")]
    Unreachable { host: String, source: std::io::Error },
}

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("wrapped")]
#[problem(status = 400)]
struct Generic<T: std::fmt::Debug>(T);

#[test]
fn a_case_says_what_the_client_learns() {
    let missing = Problem::of(&Order::Missing(7));
    assert_eq!((missing.status, missing.code.as_str()), (404, "order_not_found"));
    assert_eq!(missing.title, "Missing");
    assert_eq!(missing.detail.as_deref(), Some("There is no order 7."));
    assert_eq!(missing.errors[0].message, "There is no order 7.");

    let cheap = Problem::of(&Order::TooCheap { least: 5 });
    assert_eq!(cheap.errors[0].message, "must be at least 5");
    assert_eq!(cheap.errors[0].pointer.as_deref(), Some("/price"));

    assert_eq!(Problem::of(&Order::Common(NotFound)).code.as_str(), "not_found");
    assert_eq!(Problem::of(&Generic(3)).code.as_str(), "generic");

    let source = std::io::Error::other("refused");
    let unreachable = Problem::of(&Order::Unreachable { host: "db-7".to_owned(), source });
    assert_eq!(unreachable.detail.as_deref(), Some("Try again in a moment."));
    assert!(!format!("{unreachable:?}").contains("db-7"));
}

/// All that can be said of an error.
#[derive(Debug, thiserror::Error, ServiceError)]
#[error("shared text")]
enum Said {
    #[problem(
        status = 401,
        header("WWW-Authenticate" = "Bearer"),
        header("x-left" = left + 1),
        log = "warn",
        retryable
    )]
    Who { left: u8 },
    #[problem(status = 503, retry_after = *field_0, retryable = false, log = "info")]
    Later(u32),
    #[problem(internal, retry_after = 5u8)]
    Broken,
    #[problem(status = 422, code = "validation_failed", errors = Self::broken)]
    Rules(Vec<&'static str>),
    #[problem(status = 409, detail = "{{left}} of {0:>3} and {1}")]
    Texts(u8, &'static str),
    #[problem(status = 400, detail = "Not a number: {0}.")]
    Number(#[problem(public)] std::num::ParseIntError),
    #[error(transparent)]
    #[problem(transparent)]
    Passed(Box<Whole>),
    #[cfg(any())]
    #[problem(status = 200)]
    NeverCompiled,
}

impl Said {
    fn broken(&self) -> impl Iterator<Item = FieldError> {
        let Self::Rules(fields) = self else { unreachable!("only called for rules") };
        fields.iter().map(|field| FieldError::new("is wrong").field(*field))
    }
}

/// An error by hand, with every method.
#[derive(Debug, thiserror::Error)]
#[error("whole")]
struct Whole;

impl ServiceError for Whole {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::CONFLICT
    }
    fn code(&self) -> Code {
        const { Code::new("whole") }
    }
    fn title(&self) -> Cow<'static, str> {
        "Whole".into()
    }
    fn detail(&self) -> Option<String> {
        Some("public".to_owned())
    }
    fn errors(&self) -> Vec<FieldError> {
        vec![FieldError::new("one"), FieldError::new("two")]
    }
    fn headers(&self, headers: &mut HeaderMap) {
        headers.insert("x-whole", HeaderValue::from_static("yes"));
    }
    fn service(&self) -> Option<Cow<'static, str>> {
        Some("elsewhere".into())
    }
    fn log_level(&self) -> LogLevel {
        LogLevel::Trace
    }
    fn is_retryable(&self) -> bool {
        true
    }
}

fn headers(error: &Said) -> HeaderMap {
    let mut headers = HeaderMap::new();
    error.headers(&mut headers);
    headers
}

#[test]
fn headers_level_and_retry_are_as_said_or_as_the_status_says() {
    let who = Said::Who { left: 2 };
    assert_eq!(headers(&who)["www-authenticate"], "Bearer");
    assert_eq!(headers(&who)["x-left"], "3");
    assert!(who.is_retryable());
    assert_eq!(who.log_level(), LogLevel::Warn);

    let later = Said::Later(9);
    assert_eq!(headers(&later)["retry-after"], "9");
    assert!(!later.is_retryable());
    assert_eq!(later.log_level(), LogLevel::Info);

    assert_eq!(headers(&Said::Broken)["retry-after"], "5");
    assert_eq!(Said::Broken.log_level(), LogLevel::Error);
    assert_eq!(Said::Rules(vec![]).log_level(), LogLevel::Debug);
    for (status, retryable) in [(429, true), (502, true), (503, true), (504, true), (500, false)] {
        assert_eq!(ErrorStatus::new(status).unwrap().is_retryable(), retryable);
    }
}

#[test]
fn errors_and_texts_are_filled_in() {
    let rules = Problem::of(&Said::Rules(vec!["a", "b.0"]));
    let pointers: Vec<_> = rules.errors.iter().map(|e| e.pointer.as_deref()).collect();
    assert_eq!(pointers, [Some("/a"), Some("/b/0")]);
    let texts = Said::Texts(7, "{x}").detail();
    assert_eq!(texts.as_deref(), Some("{left} of   7 and {x}"));
    let number = Said::Number("x".parse::<u8>().unwrap_err());
    assert_eq!(number.detail().as_deref(), Some("Not a number: invalid digit found in string."));
}

#[test]
fn transparent_passes_on_everything() {
    let (inner, outer) = (Whole, Said::Passed(Box::new(Whole)));
    assert_eq!(Problem::of(&inner), Problem::of(&outer));
    assert_eq!(headers(&outer)["x-whole"], "yes");
    assert_eq!((outer.log_level(), outer.is_retryable()), (LogLevel::Trace, true));
    assert_eq!(outer.service().as_deref(), Some("elsewhere"));
}

#[test]
fn what_must_not_compile_does_not_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
