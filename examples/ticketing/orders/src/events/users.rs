//! Bans: a banned user buys nothing, and nobody buys from one. What is paid stays.

use ticketing_contracts::user::{UserBanned, UserUnbanned};
use ticketkit_events::{HandlerError, State, sql::Tx};

use crate::{
    app::App,
    domain::Reason,
    store::{self, bans::Ban},
};

/// Cancels the user's open orders, and the open orders of the user's tickets.
pub(super) async fn on_banned(
    event: UserBanned,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let ban = Ban { user: event.id, version: event.ban_version, banned: true, until: event.until };
    if !store::bans::note(&mut tx, ban, app.clock.now()).await? {
        return Ok(());
    }
    let own = store::orders::open_of_buyer(&mut tx, event.id).await?;
    let own = own.into_iter().map(|order| (order, Reason::UserBanned));
    let others = store::orders::open_of_seller(&mut tx, event.id).await?;
    let others = others.into_iter().map(|order| (order, Reason::SellerBanned));
    for (mut order, reason) in own.chain(others) {
        if let Some(news) = order.cancel(reason) {
            app.record(&mut tx, &order, news).await?;
        }
    }
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
