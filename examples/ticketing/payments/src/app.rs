//! What routes, handlers and the reconciler share.

use std::{sync::Arc, time::Duration};

use ticketkit_core::RequestId;
use ticketkit_events::{
    Causation, Clock, Publisher,
    sql::{Database, Tx},
};
use tokio::sync::Notify;

use crate::provider::{Provider, ProviderError};

/// How long a call to the provider may take; shorter than the first check of a pending attempt.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// The parts of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) publisher: Publisher,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) clock: Clock,
    /// Wakes the reconciler.
    pub(crate) doubt: Arc<Notify>,
}

impl App {
    /// Begins a transaction whose events are caused by a request.
    pub(crate) async fn begin(&self, request: RequestId) -> Result<Tx, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        tx.set_causation(Causation::correlated(request.to_string()));
        Ok(tx)
    }
}

/// Waits for the provider. No transaction is ever held meanwhile: it is the only writer.
pub(crate) async fn ask<T>(
    answer: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    tokio::time::timeout(CALL_TIMEOUT, answer).await.unwrap_or(Err(ProviderError::Timeout))
}
