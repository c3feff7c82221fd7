//! Forgets what can no longer be asked for.
//!
//! Notes of refunds and of bans that are over say that an event was handled. They are kept longer
//! than an event can come again: the inbox knows one for a week, and a parked one is looked into
//! before a month is over.

use std::time::Duration;

use crate::{app::App, store};

/// How long notes are kept.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);
const EVERY: Duration = Duration::from_secs(3600);

/// Forgets now and then, until the shutdown.
pub(crate) async fn run(app: App) {
    loop {
        // From its beginning: a clock that is moved meanwhile has moved.
        let next = app.clock.now() + EVERY;
        if let Err(error) = forget(&app).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "old notes were not forgotten");
        }
        tokio::select! {
            () = app.clock.sleep_until(next) => {}
            () = app.shutdown.requested() => return,
        }
    }
}

async fn forget(app: &App) -> Result<(), sqlx::Error> {
    let now = app.clock.now();
    let mut tx = app.database.begin().await?;
    store::refunds::forget(&mut tx, now - KEEP).await?;
    store::bans::forget(&mut tx, now - KEEP, now).await?;
    tx.commit().await
}
