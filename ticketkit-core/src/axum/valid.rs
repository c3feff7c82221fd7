use ::axum::{
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    response::IntoResponse,
};
use garde::Validate;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{
    Form, FormRejection, Json, MaybeJson, Path, PathRejection, Query, QueryRejection,
    ValidBodyRejection,
};
use crate::{
    error::NotFound,
    validation::{check_input_with, check_parameters_with},
};

/// An extractor whose value also keeps its [`garde`] rules.
///
/// What can't be read is refused as the extractor inside does it; then every broken rule at once
/// with 422 `validation_failed`. In a [`Path`] a broken rule is 404 `not_found`, like a malformed
/// id. Rules with a context that is no `Default` need [`ValidWith`].
///
/// ```
/// use axum::{Router, routing::post};
/// use garde::Validate;
/// use ticketkit_core::axum::{Json, Valid};
///
/// #[derive(serde::Deserialize, Validate)]
/// struct NewTicket {
///     #[garde(length(min = 1, max = 200))]
///     title: String,
/// }
///
/// async fn create(Valid(Json(ticket)): Valid<Json<NewTicket>>) -> String {
///     ticket.title
/// }
///
/// let app: Router = Router::new().route("/api/tickets", post(create));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Valid<E>(pub E);

/// [`Valid`] with the context of the rules taken from the state of the router, by [`FromRef`].
///
/// ```
/// use axum::{Router, extract::FromRef, routing::post};
/// use garde::Validate;
/// use ticketkit_core::{axum::{Json, ValidWith}, validation::rule};
///
/// #[derive(Clone)]
/// struct Venue {
///     seats: u32,
/// }
///
/// #[derive(serde::Deserialize, Validate)]
/// #[garde(context(Venue))]
/// struct Sale {
///     #[garde(custom(fits))]
///     tickets: u32,
/// }
///
/// fn fits(tickets: &u32, venue: &Venue) -> garde::Result {
///     if *tickets <= venue.seats { Ok(()) } else { Err(rule("seats", "must fit into the venue")) }
/// }
///
/// async fn sell(ValidWith(Json(sale)): ValidWith<Json<Sale>>) -> String {
///     sale.tickets.to_string()
/// }
///
/// let app: Router = Router::new().route("/sales", post(sell)).with_state(Venue { seats: 40 });
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValidWith<E>(pub E);

/// An extractor that [`Valid`] can stand around: implement it for those of your own.
pub trait Checkable {
    /// What it extracts.
    type Value;
    /// Why it or its value is refused.
    type Refusal;

    /// Checks the value in a context.
    ///
    /// # Errors
    ///
    /// If rules are broken.
    fn check(&self, context: &<Self::Value as Validate>::Context) -> Result<(), Self::Refusal>
    where
        Self::Value: Validate + DeserializeOwned;
}

macro_rules! checkable {
    ($($extractor:ident $refusal:ident $check:ident;)*) => {$(
        impl<T> Checkable for $extractor<T> {
            type Value = T;
            type Refusal = $refusal;

            fn check(&self, context: &T::Context) -> Result<(), $refusal>
            where
                T: Validate + DeserializeOwned,
            {
                Ok($check(&self.0, context)?)
            }
        }
    )*};
}

checkable! {
    Json ValidBodyRejection check_input_with;
    MaybeJson ValidBodyRejection check_input_with;
    Query QueryRejection check_parameters_with;
    Form FormRejection check_parameters_with;
    Path PathRejection check_address;
}

fn check_address<T: Validate>(value: &T, context: &T::Context) -> Result<(), NotFound> {
    value.validate_with(context).map_err(|_| NotFound)
}

impl<E, S> FromRequest<S> for Valid<E>
where
    E: Checkable<Value: Validate<Context: Default> + DeserializeOwned> + FromRequest<S>,
    E::Refusal: From<E::Rejection> + IntoResponse,
    S: Send + Sync,
{
    type Rejection = E::Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, E::Refusal> {
        let extractor = E::from_request(request, state).await?;
        extractor.check(&Default::default())?;
        Ok(Self(extractor))
    }
}

impl<E, S> FromRequestParts<S> for Valid<E>
where
    E: Checkable<Value: Validate<Context: Default> + DeserializeOwned> + FromRequestParts<S>,
    E::Refusal: From<E::Rejection> + IntoResponse,
    S: Send + Sync,
{
    type Rejection = E::Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E::Refusal> {
        let extractor = E::from_request_parts(parts, state).await?;
        extractor.check(&Default::default())?;
        Ok(Self(extractor))
    }
}

impl<E, S> FromRequest<S> for ValidWith<E>
where
    E: Checkable<Value: Validate<Context: FromRef<S>> + DeserializeOwned> + FromRequest<S>,
    E::Refusal: From<E::Rejection> + IntoResponse,
    S: Send + Sync,
{
    type Rejection = E::Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, E::Refusal> {
        let extractor = E::from_request(request, state).await?;
        extractor.check(&FromRef::from_ref(state))?;
        Ok(Self(extractor))
    }
}

impl<E, S> FromRequestParts<S> for ValidWith<E>
where
    E: Checkable<Value: Validate<Context: FromRef<S>> + DeserializeOwned> + FromRequestParts<S>,
    E::Refusal: From<E::Rejection> + IntoResponse,
    S: Send + Sync,
{
    type Rejection = E::Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E::Refusal> {
        let extractor = E::from_request_parts(parts, state).await?;
        extractor.check(&FromRef::from_ref(state))?;
        Ok(Self(extractor))
    }
}
