use ::axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde::{Serialize, de::DeserializeOwned};

use super::{BodyRejection, body};
use crate::{
    error::{Internal, UnsupportedMediaType},
    problem::respond,
    wire,
};

/// A JSON body, in a request or a response.
///
/// A request is refused with 415 (content type), 413 (longer than
/// [`BODY_LIMIT`](super::BODY_LIMIT)), 400 `malformed_json` (does not parse) or 400
/// `malformed_body` (parses, but a member is missing or of the wrong type; `field` and `pointer`
/// name it). Members that `T` does not know are ignored.
///
/// ```
/// use axum::{Router, routing::post};
/// use ticketkit_core::axum::Json;
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Ticket {
///     title: String,
/// }
///
/// async fn create(Json(ticket): Json<Ticket>) -> Json<Ticket> {
///     Json(ticket)
/// }
///
/// let app: Router = Router::new().route("/api/tickets", post(create));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = BodyRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, BodyRejection> {
        if !wire::is_json(request.headers()) {
            return Err(UnsupportedMediaType { expected: "application/json" }.into());
        }
        let bytes = body::read(request).await?;
        Ok(wire::from_json(&bytes).map(Self)?)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], bytes).into_response()
            }
            Err(error) => respond(&Internal::new(error)),
        }
    }
}

/// A JSON body that may be left out: no body at all is the default of `T`.
///
/// ```
/// use ticketkit_core::axum::MaybeJson;
///
/// #[derive(Default, serde::Deserialize)]
/// struct Refund {
///     reason: Option<String>,
/// }
///
/// /// `POST` with `{"reason": "…"}`, or with nothing.
/// async fn refund(MaybeJson(refund): MaybeJson<Refund>) -> String {
///     refund.reason.unwrap_or_default()
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::post(refund);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MaybeJson<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = BodyRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, BodyRejection> {
        if body::is_absent(&request) && !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        Json::from_request(request, state).await.map(|Json(value)| Self(value))
    }
}

/// Reads an optional member that may be missing, but not `null`.
///
/// Use it as `#[serde(default, deserialize_with = "present")]` on an `Option`.
///
/// # Errors
///
/// Those of the value.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
