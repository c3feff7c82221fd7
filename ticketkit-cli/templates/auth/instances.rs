//! Several instances of this service: each hears of what the others revoke.
//!
//! By the same feed as every other service, within milliseconds; and by its look at the database
//! with each [heartbeat](crate::heartbeat), which needs no engine.

use std::sync::Arc;

use ticketkit_auth::{
    feed::{Feed, SnapshotSource, StatementVerifier},
    revocation::{Mark, Snapshot},
};
use ticketkit_core::chassis::Shutdown;
use ticketkit_events::{BoxError, BoxFuture, Bus, engine::EngineError};

use crate::app::App;

struct OwnDatabase(Arc<App>);

impl SnapshotSource for OwnDatabase {
    fn load(&self) -> BoxFuture<'_, Result<(Mark, Snapshot), BoxError>> {
        Box::pin(async { Ok(self.0.snapshot().await?) })
    }
}

/// Declares this instance's subscription.
pub(crate) async fn bind(app: &Arc<App>, bus: &Bus, issuer: &str) -> Result<Feed, EngineError> {
    let verifier = StatementVerifier::new(&app.ring, issuer);
    Feed::bind("auth", bus, app.view.clone(), verifier, OwnDatabase(app.clone())).await
}

/// Follows the others until shutdown.
pub(crate) async fn run(feed: Option<Feed>, shutdown: &Shutdown) {
    match feed {
        Some(feed) => feed.run(shutdown.requested()).await,
        None => shutdown.requested().await,
    }
}
