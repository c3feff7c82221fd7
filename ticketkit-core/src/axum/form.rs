use ::axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::{FormRejection, body};
use crate::{error::UnsupportedMediaType, wire};

/// The body of a form, `application/x-www-form-urlencoded`.
///
/// A request is refused with 415 (content type), 413 (longer than
/// [`BODY_LIMIT`](super::BODY_LIMIT)) or 422 `validation_failed` that names in `field` every member
/// that is missing or does not parse. Members that `T` does not know are ignored; one that stands
/// there several times is read by a `Vec` alone.
///
/// ```
/// use axum::{Router, routing::post};
/// use ticketkit_core::axum::Form;
///
/// #[derive(serde::Deserialize)]
/// struct SignIn {
///     email: String,
/// }
///
/// async fn sign_in(Form(form): Form<SignIn>) -> String {
///     form.email
/// }
///
/// let app: Router = Router::new().route("/signin", post(sign_in));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = FormRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, FormRejection> {
        if !wire::is_form(request.headers()) {
            let expected = "application/x-www-form-urlencoded";
            return Err(UnsupportedMediaType { expected }.into());
        }
        let bytes = body::read(request).await?;
        Ok(wire::from_form(&bytes).map(Self)?)
    }
}
