use std::{convert::Infallible, marker::PhantomData, str::FromStr};

use ::axum::extract::{
    FromRequestParts, RawPathParams,
    path::ErrorKind,
    rejection::{PathRejection as AxumRejection, RawPathParamsRejection},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::PathRejection;
use crate::error::{Internal, NotFound};

/// The last parameter of the path, not judged yet.
///
/// A malformed id is an object that does not exist, and that is judged after the body: so the
/// extractor never rejects, and [`parse`](Self::parse) tells.
///
/// ```
/// use ticketkit_core::{axum::{Json, PathId}, error::NotFound};
///
/// #[derive(serde::Deserialize)]
/// struct Update {
///     title: String,
/// }
///
/// /// A body that does not parse is 400, whatever the id is.
/// async fn update(id: PathId<u64>, Json(update): Json<Update>) -> Result<String, NotFound> {
///     Ok(format!("{}: {}", id.parse()?, update.title))
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::put(update);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathId<T> {
    raw: Option<String>,
    kind: PhantomData<fn() -> T>,
}

impl<T: FromStr> PathId<T> {
    /// Returns the id.
    ///
    /// # Errors
    ///
    /// [`NotFound`] if it has not the form of one.
    pub fn parse(&self) -> Result<T, NotFound> {
        self.raw.as_deref().and_then(|raw| raw.parse().ok()).ok_or(NotFound)
    }
}

impl<T, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // Invalid percent-encoding makes axum refuse the parameters: no object has such an id.
        let raw = RawPathParams::from_request_parts(parts, state)
            .await
            .ok()
            .and_then(|params| params.iter().last().map(|(_, value)| value.to_owned()));
        Ok(Self { raw, kind: PhantomData })
    }
}

/// The parameters of the path, judged where the extractor stands.
///
/// Parameters that have not the form of `T` are refused with 404 `not_found`: no object has such an
/// address. Beside a body use [`PathId`], because the contract judges the body before the object.
///
/// ```
/// use axum::{Router, routing::get};
/// use ticketkit_core::axum::Path;
///
/// async fn seat(Path((row, number)): Path<(char, u32)>) -> String {
///     format!("{row}{number}")
/// }
///
/// let app: Router = Router::new().route("/seats/{row}/{number}", get(seat));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PathRejection> {
        // Invalid percent-encoding is told apart from a route that has no parameters.
        if let Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) =
            RawPathParams::from_request_parts(parts, state).await
        {
            return Err(NotFound.into());
        }
        match ::axum::extract::Path::from_request_parts(parts, state).await {
            Ok(::axum::extract::Path(value)) => Ok(Self(value)),
            Err(AxumRejection::FailedToDeserializePathParams(error)) if !is_a_bug(error.kind()) => {
                Err(NotFound.into())
            }
            // The handler asks for what the route does not have.
            Err(error) => Err(Internal::new(error).into()),
        }
    }
}

fn is_a_bug(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. })
}
