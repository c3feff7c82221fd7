use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    Fixture,
    support::{Ping, Record, Running, parked, ping, publish},
};
use crate::{
    Event, Subscription,
    event::{ReadError, from_json},
};

/// A [`Ping`] as it became later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LaterPing {
    key: String,
    number: String,
}

impl Event for LaterPing {
    const SUBJECT: &'static str = Ping::SUBJECT;
    const VERSION: u32 = 2;
    const OLDEST: u32 = Ping::OLDEST;

    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.key)
    }

    fn read(version: u32, data: &str) -> Result<Self, ReadError> {
        match version {
            Self::VERSION => from_json(data),
            older => Ping::read(older, data)
                .map(|ping| Self { key: ping.key, number: ping.n.to_string() }),
        }
    }
}

fn later(number: &str) -> LaterPing {
    LaterPing { key: "a".to_owned(), number: number.to_owned() }
}

pub(super) async fn an_older_version_is_upcast(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("later").handle(async move |event: LaterPing| {
        seen.push(event);
        Ok(())
    });
    let running = Running::start(&bus, subscription).await;
    publish(&bus, &ping("a", 1)).await;
    record.reaches(1).await;
    publish(&bus, &later("two")).await;
    record.reaches(2).await;
    running.stop().await;
    assert_eq!(record.all(), [later("1"), later("two")]);
}

pub(super) async fn a_newer_version_is_parked(fixture: &dyn Fixture) {
    let bus = fixture.open().await;
    let record = Record::new();
    let seen = record.clone();
    let subscription = Subscription::new("earlier").handle(async move |event: Ping| {
        seen.push(event.n);
        Ok(())
    });
    let running = Running::start(&bus, subscription).await;
    let id = publish(&bus, &later("two")).await;
    publish(&bus, &ping("a", 1)).await;
    record.reaches(1).await;
    let list = parked(&bus, "earlier", 1).await;
    running.stop().await;
    assert_eq!(list[0].envelope.id, id);
    assert!(list[0].error.contains("knows up to version 1"), "{}", list[0].error);
}
