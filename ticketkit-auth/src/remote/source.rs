use std::sync::Arc;

use ticketkit_events::{BoxError, BoxFuture};

use super::{Fetch, RemoteKeys};
use crate::{
    feed::{SnapshotSource, StatementVerifier},
    jws,
    revocation::{Mark, Snapshot},
    token::InvalidToken,
};

const PATH: &str = "/.well-known/ticketkit/revocations";

/// Snapshots of the issuer, verified with its keys.
pub(super) struct RemoteSource {
    pub(super) fetch: Arc<dyn Fetch>,
    pub(super) keys: RemoteKeys,
    pub(super) verifier: StatementVerifier,
}

impl SnapshotSource for RemoteSource {
    fn load(&self) -> BoxFuture<'_, Result<(Mark, Snapshot), BoxError>> {
        Box::pin(async move {
            let body = self.fetch.get(PATH).await?;
            let text = std::str::from_utf8(&body)?.trim();
            match self.verifier.snapshot(text) {
                Err(InvalidToken::UnknownKey) if self.find_key(text).await => {
                    Ok(self.verifier.snapshot(text)?)
                }
                opened => Ok(opened?),
            }
        })
    }

    fn find_key<'a>(&'a self, statement: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            match jws::kid(statement) {
                Some(kid) => self.keys.find(&kid).await,
                None => false,
            }
        })
    }

    fn refresh_keys(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(error) = self.keys.refresh().await {
                tracing::warn!(error = &*error, "the issuer's keys cannot be fetched");
            }
        })
    }
}
