//! An event engine in memory, one of whose subscriptions is not well.

use serde::{Deserialize, Serialize};
use ticketing_web::Events;
use ticketkit_events::{Bus, Clock, Event, HandlerError, Publisher, Subscription};

/// What `orders` can not make anything of.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(subject = "ticket.reserved", version = 9, key = "id")]
struct Reserved {
    id: String,
}

async fn give_up(_: Reserved) -> Result<(), HandlerError> {
    Err(HandlerError::permanent("version 9 of <unknown> is not known here"))
}

/// The engine, and the subscription that has to run for as long as it is looked at.
pub(crate) struct Engine {
    pub(crate) bus: Bus,
    _runner: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// Starts it with so many events that `orders` has given up.
    pub(crate) async fn with_parked(count: usize) -> Self {
        let bus = Bus::memory();
        let runner =
            Subscription::new("orders").handle(give_up).bind(&bus).await.expect("a subscription");
        let running = tokio::spawn(async move {
            // It ends with the test.
            let _ = runner.run(std::future::pending()).await;
        });
        let publisher = Publisher::new("tickets");
        for number in 0..count {
            let event = Reserved { id: format!("ticket-{number}") };
            publisher.publish(&bus, &event).await.expect("an event");
        }
        let engine = Self { bus, _runner: running };
        while engine.parked().await < count as u64 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        engine
    }

    pub(crate) async fn parked(&self) -> u64 {
        let stats = self.bus.subscriptions().await.expect("figures");
        stats.iter().map(|one| one.parked).sum()
    }

    /// The ids of what is parked, the oldest first.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let parked = self.bus.parked().list("orders", None, 100).await.expect("a list");
        parked.iter().map(|event| event.envelope.id.to_string()).collect()
    }

    pub(crate) fn events(&self) -> Events {
        Events::new(self.bus.clone(), Clock::system()).with_subscriptions(["orders", "payments"])
    }
}
