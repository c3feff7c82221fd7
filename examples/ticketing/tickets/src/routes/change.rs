use axum::{Extension, extract::State, http::StatusCode};
use serde::Deserialize;
use ticketing_contracts::TicketId;
use ticketkit_auth::axum::CurrentUser;
use ticketkit_core::{
    RequestId,
    axum::{IfMatch, Json, PathId},
};

use super::{TicketView, own};
use crate::{Error, app::App, domain::Terms};

#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    title: String,
    price: i64,
}

/// `PUT /api/tickets/{id}`
pub(super) async fn update(
    user: CurrentUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    id: PathId<TicketId>,
    versions: IfMatch,
    Json(body): Json<Edit>,
) -> Result<TicketView, Error> {
    let Terms { title, price, .. } = Terms::check(&body.title, body.price, None)?;
    let id = id.parse()?;
    let mut tx = app.begin(request).await?;
    let mut ticket = own(&mut tx, id, &user).await?;
    versions.check(ticket.version)?;
    let news = ticket.edit(title, price)?;
    app.record(&mut tx, &ticket, news).await?;
    tx.commit().await?;
    Ok(TicketView::new(&ticket, Some(&user)))
}

/// `DELETE /api/tickets/{id}`
pub(super) async fn withdraw(
    user: CurrentUser,
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    id: PathId<TicketId>,
    versions: IfMatch,
) -> Result<StatusCode, Error> {
    let id = id.parse()?;
    let mut tx = app.begin(request).await?;
    let mut ticket = own(&mut tx, id, &user).await?;
    versions.check(ticket.version)?;
    if let Some(news) = ticket.withdraw()? {
        app.record(&mut tx, &ticket, news).await?;
        tx.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
