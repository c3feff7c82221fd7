use ticketing_web::{EventsAdmin, EventsFuture, ParkedEvent, ParkedEvents, SubscriptionState};
use ticketkit_events::{Bus, Clock, parked};

/// How many parked events of a subscription one page of the administrators shows.
const SHOWN: usize = 100;

/// The subscriptions that park what they give up on: those that a process does not run itself,
/// RabbitMQ does not list for it, but it finds what they parked by their names.
const SUBSCRIPTIONS: [&str; 4] = ["tickets", "orders", "payments", "expiration"];

/// What administrators see of the events.
#[derive(Debug)]
pub(crate) struct BusAdmin {
    pub(crate) bus: Bus,
    pub(crate) clock: Clock,
}

impl EventsAdmin for BusAdmin {
    fn subscriptions(&self) -> EventsFuture<'_, Vec<SubscriptionState>> {
        Box::pin(async move {
            let now = self.clock.now();
            let stats = self.bus.subscriptions().await?;
            let states = stats.into_iter().map(|stats| SubscriptionState {
                service: service_of(&stats.name),
                lag: stats.pending,
                oldest_seconds: stats.oldest.map(|oldest| now.since(oldest).as_secs()),
                parked: stats.parked,
                name: stats.name,
            });
            Ok(states.collect())
        })
    }

    fn parked<'a>(&'a self, _: Option<&'a str>) -> EventsFuture<'a, ParkedEvents> {
        Box::pin(async move {
            let known = self.bus.subscriptions().await?;
            let names = known.iter().filter(|one| one.parked > 0).map(|one| one.name.as_str());
            let others = SUBSCRIPTIONS
                .into_iter()
                .filter(|name| known.iter().all(|known| known.name != *name));
            let mut items = Vec::new();
            for name in names.chain(others) {
                items.extend(self.bus.parked().list(name, None, SHOWN).await?);
            }
            items.sort_by_key(|event| std::cmp::Reverse(event.parked_at));
            Ok(ParkedEvents { items: items.iter().map(shown).collect(), next: None })
        })
    }

    fn inspect<'a>(
        &'a self,
        subscription: &'a str,
        id: &'a str,
    ) -> EventsFuture<'a, Option<(ParkedEvent, String)>> {
        Box::pin(async move {
            let Ok(id) = id.parse() else { return Ok(None) };
            let found = self.bus.parked().find(subscription, id).await?;
            Ok(found.map(|event| {
                let data = event.envelope.data.clone();
                (shown(&event), data)
            }))
        })
    }

    fn redrive<'a>(&'a self, subscription: &'a str, id: &'a str) -> EventsFuture<'a, bool> {
        Box::pin(async move {
            let Ok(id) = id.parse() else { return Ok(false) };
            Ok(self.bus.parked().redrive(subscription, id).await?)
        })
    }

    fn discard<'a>(&'a self, subscription: &'a str, id: &'a str) -> EventsFuture<'a, bool> {
        Box::pin(async move {
            let Ok(id) = id.parse() else { return Ok(false) };
            Ok(self.bus.parked().discard(subscription, id).await?)
        })
    }
}

/// A subscription is named after its service, and after its purpose where there are several.
fn service_of(subscription: &str) -> String {
    subscription.split('-').next().unwrap_or(subscription).to_owned()
}

fn shown(event: &parked::ParkedEvent) -> ParkedEvent {
    ParkedEvent {
        id: event.envelope.id.to_string(),
        subscription: event.subscription.clone(),
        kind: event.envelope.kind.clone(),
        source: event.envelope.source.clone(),
        key: event.envelope.key.clone(),
        error: event.error.clone(),
        attempts: event.attempts,
        parked_at: event.parked_at.to_string(),
    }
}
