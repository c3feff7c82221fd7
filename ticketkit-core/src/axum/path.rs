use std::{convert::Infallible, marker::PhantomData, str::FromStr};

use ::axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::error::NotFound;

/// The last parameter of the path, not judged yet.
///
/// A malformed id is an object that does not exist, and that is judged after the body: so the
/// extractor never rejects, and [`parse`](Self::parse) tells.
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
