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
    let mut known = None;
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            _ = ticks.tick() => {}
        }
        sequence += 1;
        if let Err(error) = beat(app, sequence, &mut known).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "no heartbeat was published");
        }
    }
}

async fn beat(app: &App, sequence: i64, known: &mut Option<i64>) -> Result<(), Error> {
    // This instance itself looks at the database: it may serve while the broker is away, since it
    // needs nobody to tell it.
    let mut mark = app.mark().await?;
    if *known != Some(mark.position) {
        let snapshot;
        (mark, snapshot) = app.snapshot().await?;
        app.view.import(&snapshot);
        *known = Some(mark.position);
    }
    app.view.heartbeat(mark.at);
    let mut tx = app.database.begin().await?;
    app.revocations.heartbeat(&mut tx, sequence, mark).await?;
    Ok(tx.commit().await?)
}
