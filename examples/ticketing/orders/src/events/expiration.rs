//! The end of a hold.

use ticketing_contracts::expiration::ExpirationCompleted;
use ticketkit_events::{HandlerError, State, sql::Tx};

use super::known;
use crate::app::App;

/// Ends the order, if it is open and its hold is over by the clock here.
///
/// A timer whose clock is ahead ends nothing, and is not put off either: it would hold up what comes
/// after it in the order of its key, such as a payment that is in time. The sweep ends the order.
pub(super) async fn on_completed(
    event: ExpirationCompleted,
    State(app): State<App>,
    mut tx: Tx,
) -> Result<(), HandlerError> {
    let Some(mut order) = known(&mut tx, event.order_id).await? else { return Ok(()) };
    if let Some(news) = order.expire(app.clock.now()) {
        app.record(&mut tx, &order, news).await?;
    }
    Ok(())
}
