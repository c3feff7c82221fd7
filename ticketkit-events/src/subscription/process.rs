//! One attempt to handle one event, from delivery to outcome.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tower_service::Service;
use tracing::{debug, warn};

use super::{Route, retry, runner::Settings};
use crate::{
    BoxError, EventContext, HandlerError,
    engine::{Delivery, Outcome},
    handler::{Decision, describe},
};

/// An event that was in the hands of this many consumers that died is parked: it
/// may be what kills them.
const MAX_CRASHES: u32 = 20;

/// Handles one delivery: layers, handler, commit, and the decision on a failure.
pub(crate) async fn process(
    subscription: &Arc<str>,
    route: &Route,
    settings: &Settings,
    delivery: &Delivery,
) -> Outcome {
    if delivery.crashes >= MAX_CRASHES {
        let error = format!("{} consumers died or stalled while they handled it", delivery.crashes);
        return Outcome::Park { error };
    }
    let context = EventContext::new(
        delivery,
        subscription.clone(),
        #[cfg(feature = "sql")]
        crate::sql::slot::Slot::new(settings.inbox.clone(), delivery),
    );
    match attempt(route.clone(), context, settings.timeout).await {
        Ok(()) => {
            debug!(%subscription, event.id = %delivery.envelope.id, event.kind = delivery.envelope.kind, "handled");
            Outcome::Ack
        }
        Err(error) => failed(subscription, settings, delivery, &*error),
    }
}

async fn attempt(mut route: Route, context: EventContext, limit: Duration) -> Result<(), BoxError> {
    let call = guarded(async { route.call(context.clone()).await });
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(result)) => result?,
        Ok(Err(panic)) => return Err(format!("the handler panicked: {}", panic_text(panic)).into()),
        Err(_) => return Err(format!("the handler took longer than {limit:?}").into()),
    }
    #[cfg(feature = "sql")]
    context.slot().finish().await?;
    Ok(())
}

/// Ends a future that panics, and nothing else.
async fn guarded<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // It is not polled again after a panic: what that left half-done is never seen.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

fn failed(
    subscription: &Arc<str>,
    settings: &Settings,
    delivery: &Delivery,
    error: &(dyn std::error::Error + 'static),
) -> Outcome {
    let text = describe(error);
    let outcome = match HandlerError::decision_of(error) {
        Decision::NotNow(after) => Outcome::Defer { after },
        Decision::Permanent => Outcome::Park { error: text.clone() },
        Decision::Transient | Decision::Handled => {
            match settings.retry.pause(delivery.attempt, retry::jitter()) {
                Some(after) => Outcome::Retry { after, error: text.clone() },
                None => Outcome::Park { error: text.clone() },
            }
        }
    };
    let envelope = &delivery.envelope;
    let next = match &outcome {
        Outcome::Park { .. } => "parked".to_owned(),
        Outcome::Retry { after, .. } => format!("tried again in {after:?}"),
        _ => "tried later, not counted".to_owned(),
    };
    warn!(
        %subscription,
        event.id = %envelope.id,
        event.kind = envelope.kind,
        event.key = envelope.key,
        attempt = delivery.attempt,
        next,
        "the handler failed: {text}"
    );
    outcome
}

fn panic_text(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload
            .downcast_ref::<&'static str>()
            .map_or_else(|| "no message".to_owned(), |&text| text.to_owned()),
    }
}
