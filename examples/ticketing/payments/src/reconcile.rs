//! Asks the provider about every attempt that is in doubt.
//!
//! In doubt is what was recorded and not answered, what the provider still works on, what waits for
//! its buyer, and what is being refunded. After a crash this is what finishes the work.

use std::{error::Error, time::Duration};

use futures_util::future::join_all;
use ticketing_contracts::payment::PaymentStatus;
use ticketkit_core::chassis::Shutdown;

use crate::{
    app::{App, ask},
    domain::{Attempt, later_check},
    error::PaymentError,
    provider::{ProviderError, Report},
    settle::settle,
    store::{keys, notifications, orders, payments},
};

/// Another instance may have written what is in doubt.
const POLL: Duration = Duration::from_millis(500);
/// How many attempts are asked about at the same time.
const BATCH: i64 = 16;
/// How long keys and the ids of webhooks are kept; providers repeat webhooks for three days.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);
const SWEEP: Duration = Duration::from_secs(3600);

/// Reconciles until the end is asked for.
pub(crate) async fn run(app: &App, shutdown: &Shutdown) {
    let mut swept = None;
    while !shutdown.is_requested() {
        let now = app.clock.now();
        if swept.is_none_or(|swept| now.since(swept) >= SWEEP) {
            swept = Some(now);
            if let Err(error) = forget(app).await {
                tracing::warn!(error = &error as &dyn Error, "old keys were not forgotten");
            }
        }
        let more = match round(app).await {
            Ok(asked) => asked == BATCH as usize,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "payments in doubt were not read");
                false
            }
        };
        let pause = if more { Duration::ZERO } else { POLL };
        tokio::select! {
            () = shutdown.requested() => return,
            () = app.doubt.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Asks about what is due, and returns how much was.
async fn round(app: &App) -> Result<usize, sqlx::Error> {
    let (reader, provider) = (app.database.reader(), app.provider.name());
    let due = payments::in_doubt(reader, provider, app.clock.now(), BATCH).await?;
    let asked = due.iter().map(|attempt| async move {
        if let Err(error) = resolve(app, attempt).await {
            let error: &dyn Error = &error;
            let (payment, checks) = (attempt.id, attempt.checks);
            tracing::warn!(%payment, checks, error, "a payment stays in doubt");
        }
    });
    Ok(join_all(asked).await.len())
}

#[derive(Debug, thiserror::Error)]
enum ResolveError {
    #[error("the provider did not tell")]
    Provider(#[from] ProviderError),
    #[error("what the provider told was not applied")]
    Settle(#[from] PaymentError),
}

impl From<sqlx::Error> for ResolveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Settle(error.into())
    }
}

async fn resolve(app: &App, attempt: &Attempt) -> Result<(), ResolveError> {
    let now = app.clock.now();
    let mut tx = app.database.begin().await?;
    let claimed = payments::claim(&mut tx, attempt, now, later_check(attempt.checks)).await?;
    tx.commit().await?;
    if !claimed {
        return Ok(());
    }
    let Some(report) = inquire(app, attempt).await? else { return Ok(()) };
    let mut tx = app.database.begin().await?;
    settle(app, &mut tx, attempt.id, &report).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks the provider what the state of the attempt calls for.
async fn inquire(app: &App, attempt: &Attempt) -> Result<Option<Report>, ResolveError> {
    let (provider, charge) = (&app.provider, attempt.charge());
    let report = match attempt.status {
        PaymentStatus::Refunding => ask(provider.refund(&charge)).await?,
        // Nobody can confirm it any more.
        PaymentStatus::RequiresAction if is_over(app, attempt).await? => {
            ask(provider.cancel(&charge)).await?
        }
        PaymentStatus::Pending | PaymentStatus::Processing | PaymentStatus::RequiresAction => {
            match ask(provider.look_up(&charge)).await? {
                Some(report) => report,
                // It never got there, and must not from now on: the buyer may try again.
                None => ask(provider.cancel(&charge)).await?,
            }
        }
        PaymentStatus::Succeeded | PaymentStatus::Failed | PaymentStatus::Refunded => {
            return Ok(None);
        }
    };
    Ok(Some(report))
}

/// Tells whether the order of an attempt can no longer be paid.
async fn is_over(app: &App, attempt: &Attempt) -> Result<bool, sqlx::Error> {
    let order = orders::find(app.database.reader(), attempt.order_id).await?;
    Ok(order.is_none_or(|order| order.payable(app.clock.now()).is_err()))
}

async fn forget(app: &App) -> Result<(), sqlx::Error> {
    let before = app.clock.now() - KEEP;
    let mut tx = app.database.begin().await?;
    keys::forget(&mut tx, before).await?;
    notifications::forget(&mut tx, before).await?;
    tx.commit().await
}
