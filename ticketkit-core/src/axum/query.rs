use ::axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::QueryRejection;
use crate::wire;

/// The parameters of the query.
///
/// All that do not parse are refused with 422 `validation_failed` and named in `field`, as is one
/// that is missing. Parameters that `T` does not know are ignored; one that stands there several
/// times is read by a `Vec` alone.
///
/// ```
/// use ticketkit_core::axum::Query;
///
/// #[derive(serde::Deserialize)]
/// struct Search {
///     q: Option<String>,
///     #[serde(default)]
///     tag: Vec<String>,
/// }
///
/// /// `GET /api/tickets?q=opera&tag=new&tag=cheap`
/// async fn search(Query(search): Query<Search>) -> String {
///     format!("{:?} {:?}", search.q, search.tag)
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::get(search);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, QueryRejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(wire::from_query(query).map(Self)?)
    }
}
