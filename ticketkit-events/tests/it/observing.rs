//! The trace of an event from a request to what follows from it, and the figures.

use std::time::Duration;

use prometheus_client::{encoding::text::encode, registry::Registry};
use ticketkit_core::trace::TraceContext;
use ticketkit_events::{
    Bus, Causation, HandlerError, Meta, Publisher, RetryPolicy, State, Subscription,
    metrics::EventMetrics,
    sql::{Database, Relay, Tx},
    testing::TestBus,
};

use crate::support::{OrderCreated, Running, TicketReserved, eventually, order};

async fn database() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open_file(folder.path().join("a.db")).await.unwrap();
    (folder, database)
}

#[tokio::test]
async fn a_trace_goes_from_the_request_through_outbox_and_handler_to_what_follows() {
    async fn reserve(
        event: OrderCreated,
        State(publisher): State<Publisher>,
        mut tx: Tx,
    ) -> Result<(), HandlerError> {
        publisher.publish(&mut tx, &TicketReserved { id: event.id }).await?;
        Ok(())
    }
    let (_folder, database) = database().await;
    let test = TestBus::new();
    test.watch(&database);
    let subscription = Subscription::new("tickets")
        .with_state(Publisher::new("tickets"))
        .database(&database)
        .handle(reserve);
    let runner = subscription.bind(test.bus()).await.unwrap();
    tokio::spawn(runner.run(std::future::pending()));
    tokio::spawn(Relay::new(&database, test.bus()).run(std::future::pending()));

    let request = TraceContext::root();
    let write = async {
        let mut tx = database.begin().await.unwrap();
        Publisher::new("orders").publish(&mut tx, &order("7", 1)).await.unwrap();
        tx.commit().await.unwrap();
    };
    request.clone().scope(write).await;
    test.settled().await;
    let all = test.envelopes();
    let traces: Vec<_> = all.iter().map(|event| event.causation.trace().unwrap()).collect();
    assert_eq!(traces.len(), 2);
    assert_eq!(traces[0], request, "the event is caused by the request");
    assert_eq!(traces[1].trace_id(), request.trace_id());
    assert_ne!(traces[1].span_id(), request.span_id(), "the handler is a span of its own");
    assert_eq!(all[1].causation.causation_id, Some(all[0].id.to_string()));
}

#[tokio::test]
async fn a_trace_that_was_given_is_kept() {
    let test = TestBus::new();
    let given = TraceContext::root();
    let causation = Causation { traceparent: Some(given.traceparent()), ..Causation::default() };
    let publisher = Publisher::new("orders").with_causation(causation);
    let publish = async { publisher.publish(test.bus(), &order("7", 1)).await.unwrap() };
    TraceContext::root().scope(publish).await;
    assert_eq!(test.envelopes()[0].causation.trace(), Some(given));
}

#[tokio::test]
async fn every_attempt_and_every_level_is_a_figure() {
    let (_folder, database) = database().await;
    let mut registry = Registry::default();
    let metrics = EventMetrics::new(&mut registry);
    metrics.watch("orders", &database);
    let bus = Bus::memory().with_metrics(&metrics);
    let policy = RetryPolicy::exponential(9, Duration::from_millis(1), Duration::from_millis(1));
    let subscription = Subscription::new("tickets").retry(policy).handle(
        async |event: OrderCreated, meta: Meta| match (event.n, meta.attempt) {
            (1, _) => Err(HandlerError::permanent("never")),
            (2, 1) => Err(HandlerError::transient("not yet")),
            _ => Ok(()),
        },
    );
    let running = Running::subscription(&bus, subscription).await;
    Publisher::new("orders")
        .publish_all(&bus, &[order("a", 1), order("b", 2), order("c", 3)])
        .await
        .unwrap();
    let mut tx = database.begin().await.unwrap();
    Publisher::new("orders").publish(&mut tx, &order("d", 4)).await.unwrap();
    tx.commit().await.unwrap();
    eventually("all is handled", async || {
        let stats = bus.subscriptions().await.unwrap();
        (stats[0].pending, stats[0].parked) == (0, 1)
    })
    .await;
    running.stop().await;
    metrics.refresh(&bus).await;
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let handled = r#"events_handled_total{subscription="tickets",type="order.created",outcome="#;
    for line in [
        r#"events_published_total{type="order.created",result="ok"} 3"#,
        &format!(r#"{handled}"permanent"}} 1"#),
        &format!(r#"{handled}"retry"}} 1"#),
        &format!(r#"{handled}"ok"}} 2"#),
        r#"events_handler_duration_seconds_count{subscription="tickets",type="order.created"} 4"#,
        r#"events_handlers_in_flight{subscription="tickets"} 0"#,
        r#"events_subscription_pending{subscription="tickets"} 0"#,
        r#"events_subscription_parked{subscription="tickets"} 1"#,
        r#"events_subscription_lag_seconds{subscription="tickets"} 0"#,
        r#"events_outbox_pending{database="orders"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}
