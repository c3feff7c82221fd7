//! The one place where a payment changes.

use ticketing_contracts::{
    PaymentId,
    payment::{PaymentCreated, PaymentFailed, PaymentRefunded, PaymentStatus},
};
use ticketkit_core::error::NotFound;
use ticketkit_events::sql::Tx;

use crate::{
    app::App,
    domain::{Attempt, first_check, next},
    error::PaymentError,
    provider::{ChargeState, Report},
    store::payments::{self, Step},
};

/// Why a charge goes back that the buyer was told had failed.
const CHARGED_LATE: &str = "charged_late";
/// Why a charge goes back that was refunded at the provider.
const BY_PROVIDER: &str = "refunded_by_provider";

/// Applies what the provider says, whoever has heard it: each step once, with its event.
///
/// A report that was applied before, or that is older than what is known, does nothing.
pub(crate) async fn settle(
    app: &App,
    tx: &mut Tx,
    id: PaymentId,
    report: &Report,
) -> Result<Attempt, PaymentError> {
    let mut attempt = payments::find_to_change(tx, id).await?.ok_or(NotFound)?;
    loop {
        let status = match next(attempt.status, &report.state) {
            Some(status) => status,
            // A refund that was asked for before there was anything to give back.
            None if attempt.status == PaymentStatus::Succeeded
                && attempt.refund_reason.is_some() =>
            {
                PaymentStatus::Refunding
            }
            None => return Ok(attempt),
        };
        attempt = match take(app, tx, &attempt, status, report).await? {
            Some(changed) => changed,
            // Another transaction was first: what it has written decides.
            None => payments::find(tx.conn(), id).await?.ok_or(NotFound)?,
        };
    }
}

/// Begins to give a payment back that has succeeded.
pub(crate) async fn begin_refund(
    app: &App,
    tx: &mut Tx,
    attempt: &Attempt,
    reason: &str,
) -> Result<(), PaymentError> {
    payments::remember_refund(tx, attempt.id, reason).await?;
    let state = ChargeState::Succeeded;
    let report = Report { provider_id: attempt.provider_id.clone(), state };
    // Before it has succeeded the reason is remembered alone.
    if attempt.status == PaymentStatus::Succeeded {
        settle(app, tx, attempt.id, &report).await?;
    }
    Ok(())
}

async fn take(
    app: &App,
    tx: &mut Tx,
    from: &Attempt,
    status: PaymentStatus,
    report: &Report,
) -> Result<Option<Attempt>, PaymentError> {
    let (client_secret, reason) = match &report.state {
        ChargeState::RequiresAction { client_secret } => (Some(client_secret.as_str()), None),
        ChargeState::Failed { reason } => (None, Some(reason.as_str())),
        _ => (None, None),
    };
    let refund_reason = match (from.status, status) {
        (PaymentStatus::Failed, PaymentStatus::Refunding) => Some(CHARGED_LATE),
        (PaymentStatus::Succeeded, PaymentStatus::Refunding) => Some(BY_PROVIDER),
        _ => None,
    };
    let check = first_check(status, report.provider_id.is_some());
    let step = Step {
        status,
        provider_id: report.provider_id.as_deref(),
        client_secret,
        reason,
        refund_reason,
        check_at: check.map(|pause| app.clock.now() + pause),
    };
    let Some(attempt) = payments::step(tx, from, step).await? else { return Ok(None) };
    tell(app, tx, &attempt).await?;
    if attempt.check_at.is_some() {
        app.doubt.notify_one();
    }
    tracing::info!(payment = %attempt.id, order = %attempt.order_id, ?status, "settled");
    Ok(Some(attempt))
}

/// Publishes the one event of a step, if it has one, in the transaction of the step.
async fn tell(app: &App, tx: &mut Tx, attempt: &Attempt) -> Result<(), PaymentError> {
    let payment = attempt.public();
    match attempt.status {
        PaymentStatus::Succeeded => {
            app.publisher.publish(tx, &PaymentCreated { payment }).await?;
        }
        PaymentStatus::Failed => {
            let reason = attempt.reason.clone().unwrap_or_default();
            app.publisher.publish(tx, &PaymentFailed { payment, reason }).await?;
        }
        PaymentStatus::Refunded => {
            let reason = attempt.refund_reason.clone().unwrap_or_default();
            app.publisher.publish(tx, &PaymentRefunded { payment, reason }).await?;
        }
        PaymentStatus::Pending
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Refunding => {}
    }
    Ok(())
}
