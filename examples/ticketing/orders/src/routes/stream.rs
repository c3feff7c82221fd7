use std::convert::Infallible;

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{StreamExt, stream};
use ticketing_contracts::OrderId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::axum::PathId;

use super::{OrderView, readable};
use crate::{Error, app::App, streams::Watch};

/// `GET /api/orders/{id}/events`
pub(super) async fn stream(
    user: CurrentUser,
    State(app): State<App>,
    id: PathId<OrderId>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let id = id.parse()?;
    // Listening comes before reading: what changes in between is heard, and dropped if it is old.
    let news = app.streams.listen(id);
    let order = readable(&app, id, &user).await?;
    let keep_alive = KeepAlive::new().interval(app.settings.keep_alive);
    let watch = Watch::new(app, headers, news, order.to_contract());
    let events = stream::unfold(watch, |mut watch| async {
        let order = watch.next().await?;
        Some((OrderView::from(order), watch))
    });
    let events = events.map(|order| {
        let event = Event::default().event("order").id(order.version.to_string());
        // An order is always JSON; an event without data would be dropped by the client.
        Ok::<_, Infallible>(event.json_data(&order).unwrap_or_default())
    });
    Ok(Sse::new(events).keep_alive(keep_alive))
}
