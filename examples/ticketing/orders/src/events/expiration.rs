//! The end of a hold.

use ticketing_contracts::expiration::ExpirationCompleted;
use ticketkit_events::{HandlerError, State, sql::Tx};

use super::known;
use crate::app::App;

/// Ends the order, if it is open and its hold is over by the clock here.
pub(super) async fn on_completed(
    event: ExpirationCompleted,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let Some(mut order) = known(&mut tx, event.order_id).await? else { return Ok(()) };
    let now = app.clock.now();
    if order.is_open() && now < order.expires_at {
        let early = order.expires_at.since(now);
        return Err(HandlerError::not_now(early, "the timer is ahead of the deadline"));
    }
    if let Some(news) = order.expire(now) {
        app.record(&mut tx, &order, news).await?;
    }
    Ok(())
}
