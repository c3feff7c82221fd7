//! Bans: a banned seller's tickets leave the market.

use ticketing_contracts::user::{UserBanned, UserUnbanned};
use ticketkit_events::{HandlerError, State, sql::Tx};

use crate::{
    app::App,
    store::{self, bans::Ban},
};

/// Withdraws what is for sale, and marks what is reserved. What is sold stays.
pub(super) async fn on_banned(
    event: UserBanned,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let ban = Ban { user: event.id, version: event.ban_version, banned: true, until: event.until };
    if !store::bans::note(&mut tx, ban, app.clock.now()).await? {
        return Ok(());
    }
    for mut ticket in store::tickets::available_of(&mut tx, event.id).await? {
        if let Ok(Some(news)) = ticket.withdraw() {
            app.record(&mut tx, &ticket, news).await?;
        }
    }
    store::tickets::withdraw_on_release(&mut tx, event.id).await?;
    Ok(())
}

/// Notes that the ban is lifted; that brings nothing back.
pub(super) async fn on_unbanned(
    event: UserUnbanned,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let ban = Ban { user: event.id, version: event.ban_version, banned: false, until: None };
    store::bans::note(&mut tx, ban, app.clock.now()).await?;
    Ok(())
}
