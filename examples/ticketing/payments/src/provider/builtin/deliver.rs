//! Settles what is processing, and delivers webhooks until they are answered 200.

use std::{error::Error, time::Duration};

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use sqlx::Row;
use ticketkit_core::chassis::Shutdown;
use ticketkit_events::{Timestamp, sql::Tx};
use tower::ServiceExt;

use super::{BuiltIn, SIGNATURE, books};
use crate::provider::{ProviderError, signature};

/// Another instance may have written what is due.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many webhooks are delivered before the next look at the clock.
const BATCH: i64 = 32;

pub(super) async fn run(provider: &BuiltIn, service: Router, shutdown: &Shutdown) {
    while !shutdown.is_requested() {
        let pause = match round(provider, &service).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "webhooks were not delivered");
                LONGEST_PAUSE
            }
        };
        tokio::select! {
            () = shutdown.requested() => return,
            () = provider.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Does what is due, and returns the time until the next is.
async fn round(provider: &BuiltIn, service: &Router) -> Result<Duration, ProviderError> {
    let now = provider.clock.now();
    if next(provider).await?.is_none_or(|next| next > now) {
        return pause(provider).await;
    }
    let mut tx = provider.database.begin().await?;
    books::settle_due(&mut tx, now).await?;
    let due = due(&mut tx, now).await?;
    tx.commit().await?;
    for (id, body, attempts) in due {
        let delivered = deliver(provider, service, &body).await;
        if let Err(status) = delivered {
            tracing::warn!(webhook = id, %status, attempts, "a webhook was not accepted");
        }
        // The answer comes first: a crash in between delivers it again, never too little.
        let mut tx = provider.database.begin().await?;
        settle(&mut tx, &id, delivered.is_ok(), provider.clock.now(), attempts).await?;
        tx.commit().await?;
    }
    pause(provider).await
}

async fn deliver(provider: &BuiltIn, service: &Router, body: &str) -> Result<(), StatusCode> {
    let signature = signature::sign(&provider.key, provider.clock.now(), body.as_bytes());
    let request = Request::post("/api/payments/webhook")
        .header(header::CONTENT_TYPE, "application/json")
        .header(SIGNATURE, signature)
        .body(Body::from(body.to_owned()))
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    let Ok(response) = service.clone().oneshot(request).await;
    if response.status() == StatusCode::OK { Ok(()) } else { Err(response.status()) }
}

async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, String, i64)>, sqlx::Error> {
    let select = "select id, body, attempts from builtin_deliveries
                  where due_at <= $1 order by due_at, id limit 0 + $2";
    sqlx::query(select)
        .bind(now.as_millis())
        .bind(BATCH)
        .try_map(|row: sqlx::any::AnyRow| {
            Ok((row.try_get("id")?, row.try_get("body")?, row.try_get("attempts")?))
        })
        .fetch_all(tx.conn())
        .await
}

async fn settle(
    tx: &mut Tx,
    id: &str,
    delivered: bool,
    now: Timestamp,
    attempts: i64,
) -> Result<(), sqlx::Error> {
    if delivered {
        let delete = "delete from builtin_deliveries where id = $1";
        return sqlx::query(delete).bind(id.to_owned()).execute(tx.conn()).await.map(drop);
    }
    let doublings = u32::try_from(attempts.clamp(0, 8)).unwrap_or_default();
    let due_at = now + Duration::from_millis(250 << doublings);
    sqlx::query("update builtin_deliveries set due_at = $2, attempts = attempts + 1 where id = $1")
        .bind(id.to_owned())
        .bind(due_at.as_millis())
        .execute(tx.conn())
        .await
        .map(drop)
}

/// When the next charge settles or the next webhook is due.
async fn next(provider: &BuiltIn) -> Result<Option<Timestamp>, sqlx::Error> {
    let select = "select settles_at as at from builtin_charges where status = 'processing'
                  union all
                  select due_at as at from builtin_deliveries
                  order by at limit 1";
    let row = sqlx::query(select).fetch_optional(provider.database.reader()).await?;
    row.map(|row| row.try_get("at").map(Timestamp::from_millis)).transpose()
}

async fn pause(provider: &BuiltIn) -> Result<Duration, ProviderError> {
    let next = next(provider).await?;
    let left = next.map_or(LONGEST_PAUSE, |next| next.since(provider.clock.now()));
    // A timer has the precision of a millisecond.
    Ok(left.saturating_add(Duration::from_millis(1)).min(LONGEST_PAUSE))
}
