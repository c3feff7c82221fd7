use std::{path::Path, time::Duration};

use ticketkit_core::chassis::Shutdown;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;

/// A key that leaked is taken out by hand; then this long is what it still costs.
const EVERY: Duration = Duration::from_secs(2);

/// Takes in what a command changed in the folder of keys, where they are in one.
pub(crate) async fn run(app: &App, folder: Option<&Path>, shutdown: &Shutdown) {
    let Some(folder) = folder else { return };
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut failing = false;
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            _ = ticks.tick() => {}
        }
        let (ring, folder) = (app.ring.clone(), folder.to_owned());
        let reloaded = tokio::task::spawn_blocking(move || ring.reload(folder)).await;
        match reloaded {
            Ok(Ok(changed)) => {
                if changed {
                    tracing::info!(active = app.ring.active().kid(), "the keys have changed");
                }
                failing = false;
            }
            Ok(Err(error)) if !failing => {
                failing = true;
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the keys cannot be read; they stay as they are");
            }
            _ => {}
        }
    }
}
