//! The derive: what it gives, and what it refuses to compile.

use ticketkit_core::{Problem, ServiceError, error::NotFound};

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

#[test]
fn what_must_not_compile_does_not_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
