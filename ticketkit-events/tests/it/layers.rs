//! Tower layers around handlers, and what cannot be bound.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ticketkit_events::{
    Bus, EventContext, HandlerError, Publisher, Replay, RetryPolicy, Subscription,
    subscription::Route,
};
use tower::{Layer, Service, util::MapRequestLayer};

use crate::support::{OrderCreated, Running, eventually, order};

/// Says Ok to everything, and drops the handler's future after a moment.
#[derive(Clone)]
struct Impatient;

impl Layer<Route> for Impatient {
    type Service = Liar;

    fn layer(&self, route: Route) -> Liar {
        Liar(route)
    }
}

#[derive(Clone)]
struct Liar(Route);

impl Service<EventContext> for Liar {
    type Response = ();
    type Error = ticketkit_events::BoxError;
    type Future = ticketkit_events::BoxFuture<'static, Result<(), Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, context: EventContext) -> Self::Future {
        let call = self.0.call(context);
        Box::pin(async move {
            match tokio::time::timeout(Duration::from_millis(20), call).await {
                Ok(result) => result,
                Err(_) => Err("too slow".into()),
            }
        })
    }
}

#[tokio::test]
async fn layers_see_every_attempt() {
    let bus = Bus::memory();
    let seen = Arc::new(AtomicU32::new(0));
    let count = seen.clone();
    let subscription = Subscription::new("layers")
        .retry(RetryPolicy::exponential(3, Duration::from_millis(1), Duration::from_millis(1)))
        .handle(async |_: OrderCreated| Err(HandlerError::transient("no")))
        .layer(MapRequestLayer::new(move |context: EventContext| {
            assert_eq!(context.envelope().kind, "order.created");
            assert_eq!(context.attempt(), count.fetch_add(1, Ordering::SeqCst) + 1);
            context
        }));
    let running = Running::subscription(&bus, subscription).await;
    Publisher::new("orders").publish(&bus, &order("1", 1)).await.unwrap();
    eventually("the event is parked", async || {
        bus.parked().list("layers", None, 10).await.unwrap().len() == 1
    })
    .await;
    running.stop().await;
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_layer_that_cuts_off_the_handler_is_a_counted_failure() {
    let bus = Bus::memory();
    let subscription = Subscription::new("cut")
        .retry(RetryPolicy::never())
        .handle(async |_: OrderCreated| std::future::pending().await)
        .layer(Impatient);
    let running = Running::subscription(&bus, subscription).await;
    Publisher::new("orders").publish(&bus, &order("1", 1)).await.unwrap();
    eventually("the event is parked", async || {
        bus.parked().list("cut", None, 10).await.unwrap().len() == 1
    })
    .await;
    running.stop().await;
    let parked = bus.parked().list("cut", None, 10).await.unwrap();
    assert_eq!((parked[0].error.as_str(), parked[0].attempts), ("too slow", 1));
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_bind() {
    let bus = Bus::memory();
    let refused = async |subscription: Subscription| {
        let error = subscription.bind(&bus).await.unwrap_err();
        assert!(error.is_unsupported());
        error.to_string()
    };
    let ok = async |_: OrderCreated| Ok(());
    let text = refused(Subscription::new("none")).await;
    assert!(text.contains("no handler"), "{text}");
    let text = refused(Subscription::new("two").handle(ok).handle(ok)).await;
    assert!(text.contains("two handlers for \"order.created\""), "{text}");
    let text = refused(Subscription::new("new").handle(ok).replay(Replay::FromStart)).await;
    assert_eq!(
        text,
        "the engine memory has no replay of earlier events, which the subscription \"new\" asks for: \
         leave out `.replay(…)`, or use the SQL engine (sqlite://, postgres://)"
    );
    #[cfg(feature = "sql")]
    {
        let tx = async |_: OrderCreated, _: ticketkit_events::sql::Tx| Ok(());
        let text = refused(Subscription::new("tx").handle(tx)).await;
        assert!(text.contains(".database(&database)"), "{text}");
    }
}

#[tokio::test]
async fn an_unknown_url_is_explained_without_its_credentials() {
    for url in ["kafka://user:canary@host", "mysql://user:canary@host/db", "canary"] {
        let error = Bus::open(url).await.unwrap_err();
        assert!(error.is_unsupported());
        assert!(!error.to_string().contains("canary@"), "{error}");
    }
}
