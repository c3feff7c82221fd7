use ::axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::QueryRejection;
use crate::wire;

/// The parameters of the query.
///
/// One that is missing or does not parse is refused with 422 `validation_failed` and named in
/// `field`. Parameters that `T` does not know are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, QueryRejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(wire::from_query(query).map(Self)?)
    }
}
