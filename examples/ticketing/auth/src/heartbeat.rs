use ticketing_contracts::user::AuthHeartbeat;
use ticketkit_core::chassis::Shutdown;
use tokio::time::{MissedTickBehavior, interval};

use crate::{app::App, error::Error};

/// Publishes heartbeats, where the settings ask for them.
///
/// They go through the outbox like bans do: a heartbeat on the bus itself could overtake a ban that
/// was committed before it, and then prove what is not so.
pub(crate) async fn run(app: &App, shutdown: &Shutdown) {
    let Some(every) = app.settings.heartbeat else { return };
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // It begins with the time, so that it goes on growing after a restart.
    let mut sequence = app.now().as_millis();
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            _ = ticks.tick() => {}
        }
        sequence += 1;
        if let Err(error) = beat(app, sequence).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "no heartbeat was published");
        }
    }
}

async fn beat(app: &App, sequence: i64) -> Result<(), Error> {
    let mut tx = app.database.begin().await?;
    // The time counts from when the transaction has the writer: everything from before it is in
    // the outbox by now.
    let event = AuthHeartbeat { sequence, time: app.now() };
    app.publisher.publish(&mut tx, &event).await?;
    Ok(tx.commit().await?)
}
