//! Several instances of this service: each hears of what the others revoke.
//!
//! By the same feed as every other service, within milliseconds; and by its look at the database
//! with each [heartbeat](crate::heartbeat), which needs no broker.

use std::sync::Arc;

use ticketkit_auth::{
    KeyRing,
    feed::{Feed, SnapshotSource, StatementVerifier},
    revocation::{Mark, Snapshot},
};
use ticketkit_core::chassis::Shutdown;
use ticketkit_events::{BoxError, BoxFuture, Bus, engine::EngineError, subscription::Runner};

use crate::app::App;

struct OwnDatabase(Arc<App>);

impl SnapshotSource for OwnDatabase {
    fn load(&self) -> BoxFuture<'_, Result<(Mark, Snapshot), BoxError>> {
        Box::pin(async { Ok(self.0.snapshot().await?) })
    }
}

/// Declares this instance's subscription.
pub(crate) async fn bind(
    app: &Arc<App>,
    bus: &Bus,
    ring: &KeyRing,
    issuer: &str,
) -> Result<Feed, EngineError> {
    let verifier = StatementVerifier::new(ring, issuer);
    Feed::bind("auth", bus, app.view.clone(), verifier, OwnDatabase(app.clone())).await
}

/// Follows the others until shutdown.
pub(crate) async fn run(feed: Option<Feed>, shutdown: &Shutdown) {
    match feed {
        Some(feed) => feed.run(shutdown.requested()).await,
        None => shutdown.requested().await,
    }
}

/// Hears how far the instances of all services are, until shutdown.
pub(crate) async fn listen(reports: Option<Runner>, shutdown: &Shutdown) {
    let Some(runner) = reports else { return };
    if let Err(error) = runner.run(shutdown.requested()).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "the reports of instances did not end cleanly");
    }
}
