use std::time::Duration;

use ticketkit_core::chassis::Shutdown;
use tokio::time::{MissedTickBehavior, interval};

use crate::{app::App, lifetimes::Oldest, store};

/// What is over does no harm; it only takes room.
const EVERY: Duration = Duration::from_secs(600);

/// For how long whoever comes back is still told that a session expired.
const TOLD: Duration = Duration::from_secs(24 * 3600);

/// Forgets sessions and revocations that are over.
pub(crate) async fn run(app: &App, shutdown: &Shutdown) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = sweep(app).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the sweep failed");
        }
    }
}

async fn sweep(app: &App) -> Result<(), sqlx::Error> {
    let mut tx = app.database.begin().await?;
    store::sessions::sweep(tx.conn(), Oldest::at(app.now() - TOLD)).await?;
    store::revocations::sweep(tx.conn(), app.oldest_revocation()).await?;
    tx.commit().await?;
    app.view.trim();
    Ok(())
}
