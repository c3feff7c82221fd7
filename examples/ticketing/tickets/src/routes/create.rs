use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use ticketkit_auth::{AuthError, axum::CurrentUser};
use ticketkit_core::{
    RequestId,
    axum::{Json, present},
};

use super::{TicketView, id_of};
use crate::{
    Error,
    app::App,
    domain::{Terms, Ticket},
    store,
};

#[derive(Debug, Deserialize)]
pub(super) struct NewTicket {
    title: String,
    price: i64,
    #[serde(default, deserialize_with = "present")]
    currency: Option<String>,
}

/// `POST /api/tickets`
pub(super) async fn create(
    user: CurrentUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    Json(body): Json<NewTicket>,
) -> Result<impl IntoResponse, Error> {
    let terms = Terms::check(&body.title, body.price, body.currency.as_deref())?;
    let seller = id_of(&user)?;
    let mut tx = app.begin(request).await?;
    // The ban may be handled here and not yet be known to the layer: a ticket that was put on sale
    // after its seller's tickets were withdrawn would stay.
    if store::bans::is_banned(&mut tx, seller, app.clock.now()).await? {
        return Err(AuthError::AccountBanned.into());
    }
    let (ticket, news) = Ticket::create(seller, terms);
    app.record(&mut tx, &ticket, news).await?;
    tx.commit().await?;
    let location = [(header::LOCATION, format!("/api/tickets/{}", ticket.id))];
    Ok((StatusCode::CREATED, location, TicketView::new(&ticket, Some(&user))))
}
