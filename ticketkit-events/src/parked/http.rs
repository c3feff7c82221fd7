//! Parked events over HTTP: list, inspect, redrive, discard.
//!
//! | route | answer |
//! |---|---|
//! | `GET /` | `{items: [{name, pending, inFlight, retrying, parked, oldest, consumers}]}`, every subscription |
//! | `GET /{subscription}?after=&limit=` | `{items: [Parked], next}`, oldest first |
//! | `GET /{subscription}/{id}` | Parked with `event`: the event as CloudEvents 1.0 in JSON |
//! | `POST /{subscription}/redrive` `{ids: […]}` or `{all: true}` | `{count}`: how many are ready again |
//! | `POST /{subscription}/discard` `{ids: […]}` or `{all: true}` | `{count}`: how many are gone |
//!
//! Parked is `{id, subscription, type, source, key, error, attempts, parkedAt, traceId}`. Refusals
//! are problems as those of every service; an engine that does not answer is 503 `unavailable`.
//! Redriving and discarding again what is no longer parked counts 0.
//!
//! An event may hold anything: put the routes behind whatever tells administrators from others.
//!
//! ```
//! use axum::Router;
//! use ticketkit_core::ErrorLayer;
//! use ticketkit_events::{Bus, parked};
//!
//! # fn app(bus: &Bus) -> Router {
//! Router::new()
//!     .nest("/admin/parked", parked::http::router(bus)) // and a guard around it
//!     .layer(ErrorLayer::new("orders"))
//! # }
//! ```

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use ticketkit_core::{
    FieldError, ServiceError,
    axum::{Json, Page, Paging, Path, Query},
    error::{NotFound, Validation},
};

use super::{ParkedEvent, ParkedId};
use crate::{Bus, Envelope, EventId, Timestamp, engine::EngineError};

/// Returns the routes for the parked events of a bus.
pub fn router(bus: &Bus) -> Router {
    Router::new()
        .route("/", get(subscriptions))
        .route("/{subscription}", get(list))
        .route("/{subscription}/{id}", get(inspect))
        .route("/{subscription}/redrive", post(redrive))
        .route("/{subscription}/discard", post(discard))
        .with_state(bus.clone())
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Validation(#[from] Validation),
    #[error("the event engine failed")]
    #[problem(status = 503, code = "unavailable", retry_after = 1u8)]
    Engine(#[from] EngineError),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionView {
    name: String,
    pending: u64,
    in_flight: u64,
    retrying: u64,
    parked: u64,
    oldest: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumers: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ParkedView {
    id: EventId,
    subscription: String,
    r#type: String,
    source: String,
    key: String,
    error: String,
    attempts: u32,
    parked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Envelope>,
}

impl ParkedView {
    fn new(parked: &ParkedEvent) -> Self {
        let envelope = &parked.envelope;
        Self {
            id: envelope.id,
            subscription: parked.subscription.clone(),
            r#type: envelope.kind.clone(),
            source: envelope.source.clone(),
            key: envelope.key.clone(),
            error: parked.error.clone(),
            attempts: parked.attempts,
            parked_at: parked.parked_at,
            trace_id: envelope.causation.trace().map(|trace| trace.trace_id()),
            event: None,
        }
    }
}

async fn subscriptions(State(bus): State<Bus>) -> Result<Json<Page<SubscriptionView>>, Error> {
    let all = bus.survey(&[]).await?;
    let items = all.into_iter().map(|stats| SubscriptionView {
        name: stats.name,
        pending: stats.pending,
        in_flight: stats.in_flight,
        retrying: stats.retrying,
        parked: stats.parked,
        oldest: stats.oldest,
        consumers: stats.consumers,
    });
    Ok(Json(Page { items: items.collect(), next: None }))
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    after: Option<String>,
    limit: Option<String>,
}

async fn list(
    State(bus): State<Bus>,
    Path(subscription): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ParkedView>>, Error> {
    let mut rules = Validation::default();
    let paging: Paging<ParkedId> =
        Paging::check(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    let limit = paging.limit as usize + 1;
    let found = bus.parked().list(&subscription, paging.after, limit).await?;
    let page = Page::new(found, paging.limit, |parked| parked.id.0.to_string());
    Ok(Json(page.map(|parked| ParkedView::new(&parked))))
}

async fn inspect(
    State(bus): State<Bus>,
    Path((subscription, id)): Path<(String, EventId)>,
) -> Result<Json<ParkedView>, Error> {
    let found = bus.parked().find(&subscription, id).await?.ok_or(NotFound)?;
    let event = Some((*found.envelope).clone());
    Ok(Json(ParkedView { event, ..ParkedView::new(&found) }))
}

/// Some events, by their ids, or all of them; nothing is done to all by leaving something out.
#[derive(Debug, Deserialize)]
struct Chosen {
    #[serde(default)]
    ids: Vec<EventId>,
    #[serde(default)]
    all: bool,
}

impl Chosen {
    /// Returns the ids, or none for all events.
    fn check(self) -> Result<Option<Vec<EventId>>, Validation> {
        let mut rules = Validation::default();
        match (self.ids.as_slice(), self.all) {
            ([], false) => {
                let message = "must have at least one id, unless `all` is true";
                rules.add(FieldError::new(message).field("ids").code("length"));
            }
            ([_, ..], true) => {
                let message = "must be left out where `all` is true";
                rules.add(FieldError::new(message).field("ids").code("excluded"));
            }
            _ => {}
        }
        rules.finish()?;
        Ok((!self.all).then_some(self.ids))
    }
}

#[derive(Debug, Serialize)]
struct Count {
    count: u64,
}

async fn redrive(
    State(bus): State<Bus>,
    Path(subscription): Path<String>,
    Json(chosen): Json<Chosen>,
) -> Result<Json<Count>, Error> {
    let count = match chosen.check()? {
        Some(ids) => bus.parked().redrive_some(&subscription, &ids).await?,
        None => bus.parked().redrive_all(&subscription).await?,
    };
    Ok(Json(Count { count }))
}

async fn discard(
    State(bus): State<Bus>,
    Path(subscription): Path<String>,
    Json(chosen): Json<Chosen>,
) -> Result<Json<Count>, Error> {
    let count = match chosen.check()? {
        Some(ids) => bus.parked().discard_some(&subscription, &ids).await?,
        None => bus.parked().discard_all(&subscription).await?,
    };
    Ok(Json(Count { count }))
}
