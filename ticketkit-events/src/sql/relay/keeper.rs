use std::time::{Duration, Instant};

use tokio::time::sleep;
use tracing::{debug, warn};

use super::Shared;
use crate::handler::describe;

/// How soon it is looked again for what others are about to give up.
const SOON: Duration = Duration::from_millis(200);

impl Shared {
    /// Keeps the leases of the relay, for ever.
    pub(super) async fn keep(&self) {
        let every = self.database.relay_lease() / 3;
        let (mut first, mut well) = (true, true);
        loop {
            let begun = Instant::now();
            let pause = match self.keep_once().await {
                Ok(unsettled) => {
                    well = true;
                    if unsettled { SOON } else { every }
                }
                Err(error) => {
                    if std::mem::take(&mut well) {
                        warn!(error = describe(&error), "a relay cannot renew its leases");
                    }
                    SOON
                }
            };
            if std::mem::take(&mut first) {
                // What there is to hold is held, or cannot be had now: who waits for it goes on.
                self.changed.notify_one();
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.hurry.notified() => sleep(SOON.saturating_sub(begun.elapsed())).await,
            }
        }
    }

    /// Returns whether it has to be looked again soon.
    async fn keep_once(&self) -> Result<bool, sqlx::Error> {
        // Before anything is taken: what has no partition is older than what has.
        while self.database.assign_partitions().await? {}
        let kept = self.database.keep_leases(&self.id, &self.held).await?;
        if kept.news {
            debug!(relay = self.id, partitions = self.held.count(), "a relay has another share");
            self.changed.notify_one();
        }
        Ok(kept.unsettled)
    }
}
