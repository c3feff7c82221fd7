use axum::extract::State;
use ticketing_contracts::TicketId;
use ticketkit_auth::axum::OptionalUser;
use ticketkit_core::{axum::PathId, error::NotFound};

use super::TicketView;
use crate::{Error, app::App, store};

/// `GET /api/tickets/{id}`
pub(super) async fn show(
    OptionalUser(user): OptionalUser,
    State(app): State<App>,
    id: PathId<TicketId>,
) -> Result<TicketView, Error> {
    let id = id.parse()?;
    let ticket = store::tickets::find(app.database.reader(), id).await?.ok_or(NotFound)?;
    Ok(TicketView::new(&ticket, user.as_ref()))
}
