//! `/admin/events`: how the subscriptions are doing, and what is parked.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
};
use minijinja::context;
use serde::Deserialize;
use ticketkit_core::error::NotFound;

use super::{List, see};
use crate::{
    app::{Answer, App},
    error::{Error, Failure},
    events_admin::EventsAdmin,
    render::data,
    visitor::Visitor,
};

const HERE: &str = "/admin/events";

#[derive(Debug, Deserialize)]
pub(crate) struct Parked {
    #[serde(default)]
    subscription: String,
    #[serde(default)]
    id: String,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(list): Query<List>,
) -> Answer {
    visitor.require_admin()?;
    let context = match &app.events {
        None => context! { available => false },
        Some(events) => {
            let after = (!list.after.is_empty()).then_some(&*list.after);
            let subscriptions = events.subscriptions().await.map_err(Failure::upstream)?;
            let parked = events.parked(after).await.map_err(Failure::upstream)?;
            context! {
                available => true,
                subscriptions => data(subscriptions),
                next => list.next(HERE, parked.next.as_deref()),
                first => list.first(HERE),
                parked => data(parked.items),
            }
        }
    };
    app.page(&visitor, "admin/events.html", "Events", context)
}

pub(crate) async fn inspect(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path((subscription, id)): Path<(String, String)>,
) -> Answer {
    visitor.require_admin()?;
    let found = events(&app)?.inspect(&subscription, &id).await.map_err(Failure::upstream)?;
    let (event, text) = found.ok_or(NotFound)?;
    let title = event.kind.clone();
    app.page(&visitor, "admin/event.html", &title, context! { event => data(event), data => text })
}

pub(crate) async fn redrive(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Parked>,
) -> Answer {
    visitor.require_admin()?;
    let events = events(&app)?;
    events.redrive(&form.subscription, &form.id).await.map_err(Failure::upstream)?;
    Ok(see(HERE, "event-redriven"))
}

pub(crate) async fn discard(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Parked>,
) -> Answer {
    visitor.require_admin()?;
    let events = events(&app)?;
    events.discard(&form.subscription, &form.id).await.map_err(Failure::upstream)?;
    Ok(see(HERE, "event-discarded"))
}

fn events(app: &App) -> Result<&dyn EventsAdmin, Error> {
    app.events.as_deref().ok_or_else(|| NotFound.into())
}
