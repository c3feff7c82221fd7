//! Each error of the crates that is a `ServiceError` is known to the catalogue of who passes it on.

use std::collections::BTreeSet;

use ticketkit_auth::{
    AuthError, RandomError,
    cookies::CookieError,
    keys::KeyError,
    password::{PasswordError, WeakPassword},
    token::IssueError,
};
use ticketkit_core::{
    Code, ErrorStatus, ServiceError,
    axum::{BodyRejection, FormRejection, PathRejection, QueryRejection},
    catalogue::Entry,
    chassis::outgoing::NoAnswer,
    client::Upstream,
    error,
};

/// Status and code of what a catalogue knows of an error.
fn known<E: ServiceError>() -> BTreeSet<(u16, String)> {
    let pair = |entry: &Entry| (entry.status.as_u16(), entry.code.to_string());
    let known: BTreeSet<_> = E::entries().iter().map(pair).collect();
    assert!(!known.is_empty(), "no catalogue knows {}", std::any::type_name::<E>());
    known
}

#[test]
fn no_error_is_unknown() {
    let _ = (known::<CookieError>(), known::<IssueError>(), known::<KeyError>());
    let _ = (known::<RandomError>(), known::<NoAnswer>(), known::<Upstream>());
    let _ = (known::<BodyRejection>(), known::<FormRejection>(), known::<PathRejection>());
    let _ = (known::<QueryRejection>(), known::<error::Internal>(), known::<error::NotFound>());
    let _ = (known::<error::StaleVersion>(), known::<error::UpstreamFailed>());
}

#[test]
fn what_auth_answers_is_what_its_catalogue_says() {
    use AuthError as E;
    let all = [
        E::Unauthenticated,
        E::SessionExpired,
        E::SessionRevoked,
        E::Forbidden,
        E::AccountBanned,
        E::CrossSite,
        E::Stale,
        E::NoLayer,
    ];
    let answered: BTreeSet<_> = all.iter().map(pair).collect();
    assert_eq!(answered, known::<AuthError>());
    let passwords = [PasswordError::Busy, PasswordError::Cap(String::new())];
    assert_eq!(passwords.iter().map(pair).collect::<BTreeSet<_>>(), known::<PasswordError>());
    let weak = [WeakPassword::Length, WeakPassword::Common];
    assert_eq!(weak.iter().map(pair).collect::<BTreeSet<_>>(), known::<WeakPassword>());
    for entry in AuthError::entries() {
        let header = match entry.status {
            ErrorStatus::UNAUTHORIZED => Some("WWW-Authenticate"),
            ErrorStatus::SERVICE_UNAVAILABLE => Some("Retry-After"),
            _ => None,
        };
        let has = entry.headers.first().map(|name| name.to_ascii_lowercase());
        assert_eq!(has, header.map(str::to_ascii_lowercase), "{}", entry.code);
    }
}

fn pair(error: &impl ServiceError) -> (u16, String) {
    (error.status().as_u16(), Code::as_str(&error.code()).to_owned())
}
