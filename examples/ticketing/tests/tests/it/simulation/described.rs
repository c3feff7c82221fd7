//! What the services say that they receive, against what their subscriptions get.

use std::collections::BTreeSet;

use serde_json::Value;
use ticketing_contracts::schemas;
use ticketing_orders::OrdersService;
use ticketing_tickets::TicketsService;
use ticketkit_events::asyncapi::Document;

use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_receive_what_they_say() {
    let world = World::new(0).await;
    for (service, part) in
        [("tickets", TicketsService::ASYNCAPI), ("orders", OrdersService::ASYNCAPI)]
    {
        let mut document = Document::new(service, "0");
        for spec in world.test.subscriptions().iter().filter(|spec| spec.name.starts_with(service))
        {
            document = document.receives(spec);
        }
        let part: Value = serde_json::from_str(part).expect("JSON");
        assert_eq!(received(&part), received(&document.to_json(&schemas())), "{service}");
    }
}

/// The names of the operations that receive.
fn received(document: &Value) -> BTreeSet<&str> {
    let operations = document["operations"].as_object().expect("operations").iter();
    operations
        .filter(|(_, operation)| operation["action"] == "receive")
        .map(|(name, _)| name.as_str())
        .collect()
}
