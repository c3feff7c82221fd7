use serde::{Deserialize, Serialize};
use ticketkit_events::{Bus, Event, HandlerError, Publisher, State, Subscription};

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "order.created", version = 1, key = "id")]
struct OrderCreated {
    id: String,
}

struct NotAnEvent;

async fn no_event(_: NotAnEvent) -> Result<(), HandlerError> {
    Ok(())
}

async fn no_extractor(_: OrderCreated, _: NotAnEvent) -> Result<(), HandlerError> {
    Ok(())
}

async fn wrong_state(_: OrderCreated, _: State<String>) -> Result<(), HandlerError> {
    Ok(())
}

async fn wrong_result(_: OrderCreated) {}

async fn wrong_target(publisher: Publisher, bus: Bus, event: OrderCreated) {
    let _ = publisher.publish(bus, &event).await;
}

fn main() {
    let _ = Subscription::new("a").handle(no_event);
    let _ = Subscription::new("b").handle(no_extractor);
    let _ = Subscription::new("c").with_state(7).handle(wrong_state);
    let _ = Subscription::new("d").handle(wrong_result);
}
