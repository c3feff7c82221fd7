use std::time::Duration;

use ticketkit_core::chassis::Shutdown;
use tokio::time::{MissedTickBehavior, interval};

use crate::{app::App, store};

/// What is over does no harm; it only takes room.
const EVERY: Duration = Duration::from_secs(600);

/// Forgets sessions, revocations, failed sign-ins and entries of the audit that are over.
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
    let now = app.now();
    let mut tx = app.database.begin().await?;
    app.sessions.sweep(&mut tx, app.oldest_revocation()).await?;
    store::audit::sweep(tx.conn(), (now - app.settings.audit_kept).as_millis()).await?;
    tx.commit().await?;
    if let Some(throttle) = &app.shared_throttle {
        throttle.sweep().await?;
    }
    app.view.trim();
    Ok(())
}
