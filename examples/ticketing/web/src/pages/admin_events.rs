//! `/admin/events`: how the subscriptions are doing, and what is parked.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
};
use minijinja::{Value, context};
use serde::Deserialize;
use ticketkit_core::{axum::Page, error::NotFound};
use ticketkit_events::{EventId, engine::SubscriptionStats, parked::ParkedEvent};

use super::{address, see};
use crate::{
    app::{Answer, App},
    error::{Error, Failure},
    events::Events,
    visitor::Visitor,
};

const HERE: &str = "/admin/events";

/// How many parked events of a subscription are shown at once.
const SHOWN: u32 = 20;

/// All subscriptions, or a part of what one has parked.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    subscription: String,
    #[serde(default)]
    after: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    subscription: String,
    #[serde(default)]
    id: String,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(part): Query<Part>,
) -> Answer {
    visitor.require_admin()?;
    let context = match &app.events {
        None => context! { available => false },
        Some(events) => {
            let elsewhere: Vec<_> = events.elsewhere.iter().map(String::as_str).collect();
            let known = events.bus.survey(&elsewhere).await.map_err(Failure::upstream)?;
            let mut parked = Vec::new();
            for name in names(events, &known, &part) {
                parked.extend(of_subscription(events, name, &part.after).await?);
            }
            let subscriptions: Vec<_> = known.iter().map(|one| figures(events, one)).collect();
            // One store for all processes says nothing of who reads it.
            let counted = known.iter().any(|one| one.consumers.is_some());
            context! {
                available => true,
                subscriptions,
                counted,
                parked,
                only => part.subscription,
                all => HERE,
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
    let parked = events(&app)?.bus.parked();
    let id: EventId = id.parse().map_err(|_| NotFound)?;
    let found = parked.find(&subscription, id).await.map_err(Failure::upstream)?.ok_or(NotFound)?;
    let title = found.envelope.kind.clone();
    let context = context! { event => shown(&found), data => readable(&found.envelope.data) };
    app.page(&visitor, "admin/event.html", &title, context)
}

pub(crate) async fn redrive(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Chosen>,
) -> Answer {
    visitor.require_admin()?;
    let (parked, id) = (events(&app)?.bus.parked(), form.id()?);
    let was_there = parked.redrive(&form.subscription, id).await.map_err(Failure::upstream)?;
    Ok(see(HERE, if was_there { "event-redriven" } else { "event-gone" }))
}

pub(crate) async fn discard(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Chosen>,
) -> Answer {
    visitor.require_admin()?;
    let (parked, id) = (events(&app)?.bus.parked(), form.id()?);
    let was_there = parked.discard(&form.subscription, id).await.map_err(Failure::upstream)?;
    Ok(see(HERE, if was_there { "event-discarded" } else { "event-gone" }))
}

impl Chosen {
    fn id(&self) -> Result<EventId, Error> {
        self.id.parse().map_err(|_| NotFound.into())
    }
}

fn events(app: &App) -> Result<&Events, Error> {
    app.events.as_ref().ok_or_else(|| NotFound.into())
}

/// The subscriptions that are looked into: the one that is asked for, or all that may have parked
/// something.
fn names<'a>(events: &'a Events, known: &'a [SubscriptionStats], part: &'a Part) -> Vec<&'a str> {
    if !part.subscription.is_empty() {
        return vec![&part.subscription];
    }
    let is_known = |name: &String| known.iter().any(|one| one.name == *name);
    let elsewhere = events.elsewhere.iter().filter(|name| !is_known(name)).map(String::as_str);
    known.iter().filter(|one| one.parked > 0).map(|one| &*one.name).chain(elsewhere).collect()
}

/// A part of what a subscription has parked, the oldest first; none where there is nothing.
async fn of_subscription(
    events: &Events,
    name: &str,
    after: &str,
) -> Result<Option<Value>, Failure> {
    let limit = SHOWN as usize + 1;
    let found = events.bus.parked().list(name, after.parse().ok(), limit).await;
    let found = found.map_err(Failure::upstream)?;
    let page = Page::new(found, SHOWN, |event| event.id.0.to_string());
    let link = |after: &str| address(HERE, &[("subscription", name), ("after", after)]);
    let next = page.next.as_deref().map(link);
    let first = (!after.is_empty()).then(|| link(""));
    let items: Vec<_> = page.items.iter().map(shown).collect();
    Ok((!items.is_empty()).then(|| context! { subscription => name, items, next, first }))
}

/// Puts each member of a document on a line of its own; what is none stays as it is.
fn readable(text: &str) -> String {
    let document = serde_json::from_str::<serde_json::Value>(text).ok();
    let lines = document.and_then(|document| serde_json::to_string_pretty(&document).ok());
    lines.unwrap_or_else(|| text.to_owned())
}

fn figures(events: &Events, stats: &SubscriptionStats) -> Value {
    // A subscription is named after its service, and after its purpose where there are several.
    let service = stats.name.split('-').next().unwrap_or(&stats.name);
    let oldest = stats.oldest.map(|oldest| events.clock.now().since(oldest).as_secs());
    context! {
        name => &*stats.name,
        service,
        ready => stats.ready(),
        in_flight => stats.in_flight,
        oldest,
        parked => stats.parked,
        consumers => stats.consumers,
        silent => stats.is_silent(),
    }
}

fn shown(event: &ParkedEvent) -> Value {
    context! {
        id => event.envelope.id.to_string(),
        subscription => &*event.subscription,
        kind => &*event.envelope.kind,
        source => &*event.envelope.source,
        key => &*event.envelope.key,
        error => &*event.error,
        attempts => event.attempts,
        parked_at => event.parked_at.to_string(),
    }
}
