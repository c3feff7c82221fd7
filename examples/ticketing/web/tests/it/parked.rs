//! An event engine with one subscription that is not well.

use ticketing_web::{EventsAdmin, EventsFuture, ParkedEvent, ParkedEvents, SubscriptionState};

#[derive(Debug)]
pub(crate) struct Engine;

fn event() -> ParkedEvent {
    ParkedEvent {
        id: "01931f2e-7c4a-7000-8000-000000000900".into(),
        subscription: "orders.tickets".into(),
        kind: "ticket.reserved".into(),
        source: "/tickets".into(),
        key: "01931f2e-7c4a-7000-8000-000000000100".into(),
        error: "version 9 of <unknown> can not be decoded".into(),
        attempts: 12,
        parked_at: "2026-11-23T05:59:00Z".into(),
    }
}

impl EventsAdmin for Engine {
    fn subscriptions(&self) -> EventsFuture<'_, Vec<SubscriptionState>> {
        let state = |name: &str, service: &str, lag, oldest_seconds, parked| SubscriptionState {
            name: name.into(),
            service: service.into(),
            lag,
            oldest_seconds,
            parked,
        };
        Box::pin(async move {
            Ok(vec![
                state("orders.tickets", "orders", 3, Some(41), 1),
                state("payments.orders", "payments", 0, None, 0),
            ])
        })
    }

    fn parked<'a>(&'a self, _: Option<&'a str>) -> EventsFuture<'a, ParkedEvents> {
        Box::pin(async { Ok(ParkedEvents { items: vec![event()], next: None }) })
    }

    fn inspect<'a>(
        &'a self,
        _: &'a str,
        id: &'a str,
    ) -> EventsFuture<'a, Option<(ParkedEvent, String)>> {
        let found = (id == event().id).then(|| (event(), "{\n  \"version\": 9\n}".to_owned()));
        Box::pin(async { Ok(found) })
    }

    fn redrive<'a>(&'a self, _: &'a str, _: &'a str) -> EventsFuture<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn discard<'a>(&'a self, _: &'a str, _: &'a str) -> EventsFuture<'a, bool> {
        Box::pin(async { Ok(true) })
    }
}
