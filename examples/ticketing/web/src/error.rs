//! What can stand in the way of a page, and how it is answered.
//!
//! Every answer of 400 or above leaves the handlers as a problem document; the layer in
//! [`error_pages`](crate::error_pages) puts a page in its place for a browser.

use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use ticketkit_core::{
    FieldError, Problem, ServiceError,
    error::{Forbidden, Internal, NotFound, Timeout, UpstreamFailed, Validation},
    layer::Rendered,
    problem,
};
use tower::BoxError;

use crate::{gateway::Refusal, local_path::LocalPath};

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Error {
    /// The page is for people who are signed in; it comes after that.
    SignIn(LocalPath),
    /// An API refused.
    Refused(Box<Refusal>),
    /// The pages themselves refuse or fail.
    Failed(Failure),
    /// A form was refused: the problem, and the form again with its messages.
    Form(Box<Error>, String),
}

/// What the pages themselves refuse, and what breaks.
#[derive(Debug, thiserror::Error, ServiceError)]
pub(crate) enum Failure {
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Forbidden(#[from] Forbidden),
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    #[error(transparent)]
    #[problem(transparent)]
    Upstream(#[from] UpstreamFailed),
    #[error(transparent)]
    #[problem(transparent)]
    Timeout(#[from] Timeout),
    #[error(transparent)]
    #[problem(transparent)]
    Internal(#[from] Internal),
}

/// In the extensions of a refused form's answer: the page for a browser.
#[derive(Debug, Clone)]
pub(crate) struct FormPage(pub(crate) String);

impl Failure {
    pub(crate) fn upstream(source: impl Into<BoxError>) -> Self {
        Self::Upstream(UpstreamFailed::new(source))
    }
}

impl Error {
    /// The problem, if it is one that a form can show.
    pub(crate) fn problem(&self) -> Option<Problem> {
        match self {
            Self::Refused(refusal) => Some(refusal.problem.clone()),
            Self::Failed(failure) => Some(Problem::of(failure)),
            Self::SignIn(_) | Self::Form(..) => None,
        }
    }

    /// Tells whether it is this refusal.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.problem().is_some_and(|problem| problem.code.as_str() == code)
    }

    /// Tells whether the person can do something about it by sending the form otherwise or again.
    ///
    /// Who has no session, may not, or asks for what is not there gets a page of its own.
    pub(crate) fn belongs_to_the_form(&self) -> bool {
        self.problem().is_some_and(|problem| match problem.status {
            401 => problem.code.as_str() == "invalid_credentials",
            403 => problem.code.as_str() == "account_banned",
            400 | 402 | 409 | 412 | 422 | 429 | 503 => true,
            _ => false,
        })
    }
}

impl<E: Into<Failure>> From<E> for Error {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

impl From<minijinja::Error> for Failure {
    fn from(error: minijinja::Error) -> Self {
        Self::Internal(Internal::new(error))
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::Validation(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(path) => Redirect::to(&path.sign_in()).into_response(),
            Self::Refused(refusal) => (*refusal).into_response(),
            Self::Failed(failure) => failure.into_response(),
            Self::Form(error, page) => {
                let mut response = error.into_response();
                response.extensions_mut().insert(FormPage(page));
                response
            }
        }
    }
}

impl IntoResponse for Refusal {
    /// Passes the document of the service on as it is: `service` and `instance` stay true.
    fn into_response(self) -> Response {
        let mut response = Response::new(self.problem.to_json().into());
        *response.status_mut() =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response.extensions_mut().insert(Rendered);
        response
    }
}
