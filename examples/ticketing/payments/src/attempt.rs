//! Paying: an attempt is recorded, then the provider is asked, then its answer is applied.

use std::error::Error;

use ticketing_contracts::{OrderId, PaymentId, payment::PaymentStatus};
use ticketkit_core::{
    RequestId,
    error::{Forbidden, NotFound},
};
use ticketkit_events::sql::Tx;

use crate::{
    app::{App, ask},
    domain::{Answer, Attempt, IdempotencyKey, KnownOrder, first_check},
    error::PaymentError,
    provider::Report,
    settle::settle,
    store::{keys, orders, payments},
};

/// A request to pay, its values checked.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) user: String,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) order: OrderId,
    pub(crate) token: String,
}

/// What a request to pay has come to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    /// Whether it was answered before.
    pub(crate) replayed: bool,
}

/// Pays for an order, or answers as before where the key was used.
pub(crate) async fn pay(app: &App, request: &Request) -> Result<Outcome, PaymentError> {
    let mut tx = app.begin(request.id).await?;
    if let Some(answer) = replay(&mut tx, request).await? {
        tx.commit().await?;
        return Ok(Outcome { answer, replayed: true });
    }
    let attempt = record(app, &mut tx, request).await?;
    // From here on the attempt is known, whatever happens: the provider may be asked.
    tx.commit().await?;

    let charge = attempt.charge();
    let report = ask(app.provider.charge(&charge)).await.unwrap_or_else(|error| {
        let error: &dyn Error = &error;
        tracing::warn!(payment = %attempt.id, error, "the answer to a charge was lost");
        Report::lost()
    });

    let mut tx = app.begin(request.id).await?;
    let attempt = settle(app, &mut tx, attempt.id, &report).await?;
    let answer = Answer::of(&attempt)?;
    if let Some(key) = &request.key {
        keys::answered(&mut tx, &request.user, key, &answer).await?;
    }
    tx.commit().await?;
    Ok(Outcome { answer, replayed: false })
}

/// Finds the answer that a key was given before.
async fn replay(tx: &mut Tx, request: &Request) -> Result<Option<Answer>, PaymentError> {
    let Some(key) = &request.key else { return Ok(None) };
    let Some(used) = keys::find(tx, &request.user, key).await? else { return Ok(None) };
    if (used.order_id, &used.token) != (request.order, &request.token) {
        return Err(PaymentError::KeyReused);
    }
    if let Some(answer) = used.answer {
        return Ok(Some(answer));
    }
    // A crash has cut the answer off, or it is under way; the attempt knows.
    let attempt = payments::find(tx.conn(), used.payment_id).await?.ok_or(NotFound)?;
    let answer = Answer::of(&attempt)?;
    keys::answered(tx, &request.user, key, &answer).await?;
    Ok(Some(answer))
}

/// Records the attempt, if the order is one that this user can pay now.
async fn record(app: &App, tx: &mut Tx, request: &Request) -> Result<Attempt, PaymentError> {
    let now = app.clock.now();
    let order = orders::find(tx.conn(), request.order).await?.ok_or(NotFound)?;
    if order.user_id != request.user {
        return Err(Forbidden.into());
    }
    // The news of the completed order may be on its way.
    if payments::is_paid(tx, order.id).await? {
        return Err(PaymentError::AlreadyPaid);
    }
    order.payable(now)?;
    let KnownOrder { amount, currency, user_id, .. } = order;
    let status = PaymentStatus::Pending;
    let attempt = Attempt {
        id: PaymentId::new(),
        version: 1,
        order_id: order.id,
        user_id,
        amount,
        currency,
        status,
        token: request.token.clone(),
        provider_id: None,
        client_secret: None,
        reason: None,
        refund_reason: None,
        created_at: now,
        check_at: first_check(status, false).map(|pause| now + pause),
        checks: 0,
    };
    if !payments::insert(tx, &attempt, app.provider.name()).await? {
        return Err(PaymentError::InProgress);
    }
    if let Some(key) = &request.key
        && !keys::insert(tx, key, &attempt).await?
    {
        return Err(PaymentError::InProgress);
    }
    Ok(attempt)
}
