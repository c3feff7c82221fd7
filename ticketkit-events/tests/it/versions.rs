//! Events whose data has changed since.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use ticketkit_events::{
    Bus, Causation, Envelope, Event, Publisher, Subscription, Timestamp, envelope::DecodeError,
};

use crate::support::{Running, eventually};

#[derive(Debug, Serialize, Deserialize, Event)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[event(subject = "ticket.created", version = 1, key = "id")]
struct TicketCreatedV1 {
    id: String,
    price: f64,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[event(subject = "ticket.created", version = 2, key = "id", upcast_from = TicketCreatedV1)]
struct TicketCreatedV2 {
    id: String,
    cents: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[event(subject = "ticket.created", version = 3, key = "id", upcast_from = TicketCreatedV2)]
struct TicketCreated {
    id: String,
    cents: i64,
    currency: String,
}

impl From<TicketCreatedV1> for TicketCreatedV2 {
    fn from(old: TicketCreatedV1) -> Self {
        Self { id: old.id, cents: (old.price * 100.0).round() as i64 }
    }
}

impl From<TicketCreatedV2> for TicketCreated {
    fn from(old: TicketCreatedV2) -> Self {
        Self { id: old.id, cents: old.cents, currency: "USD".to_owned() }
    }
}

fn new(id: &str, cents: i64, currency: &str) -> TicketCreated {
    TicketCreated { id: id.to_owned(), cents, currency: currency.to_owned() }
}

fn wrap<E: Event>(event: &E) -> Envelope {
    Envelope::new("tickets", event, Timestamp::EPOCH, Causation::default()).unwrap()
}

#[tokio::test]
async fn a_handler_of_the_newest_version_gets_all_of_them() {
    let bus = Bus::memory();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = seen.clone();
    let subscription = Subscription::new("orders").handle(async move |event: TicketCreated| {
        record.lock().unwrap().push(event);
        Ok(())
    });
    let running = Running::subscription(&bus, subscription).await;
    let publisher = Publisher::new("tickets");
    let (id, third) = ("1".to_owned(), new("3", 300, "EUR"));
    publisher.publish(&bus, &TicketCreatedV1 { id, price: 19.99 }).await.unwrap();
    publisher.publish(&bus, &TicketCreatedV2 { id: "2".to_owned(), cents: 200 }).await.unwrap();
    publisher.publish(&bus, &third).await.unwrap();
    eventually("all are handled", async || seen.lock().unwrap().len() == 3).await;
    running.stop().await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(seen, [new("1", 1999, "USD"), new("2", 200, "USD"), third]);
}

#[tokio::test]
async fn a_version_that_is_newer_than_the_program_is_parked_with_what_to_do() {
    let bus = Bus::memory();
    let subscription = Subscription::new("old").handle(async |_: TicketCreatedV2| Ok(()));
    let running = Running::subscription(&bus, subscription).await;
    Publisher::new("tickets").publish(&bus, &new("1", 100, "EUR")).await.unwrap();
    let parked = async || bus.parked().list("old", None, 10).await.unwrap();
    eventually("the event is parked", async || parked().await.len() == 1).await;
    running.stop().await;
    assert_eq!(
        parked().await[0].error,
        "ticket.created has version 3, and this program knows up to version 2: deploy one that \
         knows it, then redrive the event"
    );
}

#[test]
fn what_cannot_be_read_says_which_version_it_is_of() {
    let mut envelope = wrap(&TicketCreatedV1 { id: "1".to_owned(), price: 1.0 });
    envelope.data = r#"{"id": "1", "cents": 100}"#.to_owned();
    let error = envelope.decode::<TicketCreated>().unwrap_err();
    assert_eq!(error.to_string(), "the data of ticket.created does not decode as version 1");
    envelope.version = 0;
    let error = envelope.decode::<TicketCreated>().unwrap_err();
    assert!(matches!(error, DecodeError::Older { found: 0, oldest: 1, .. }), "{error}");
}

#[cfg(feature = "schema")]
mod schema {
    use ticketkit_events::schema::{Fault, Schemas};

    use super::*;

    fn all() -> Schemas {
        Schemas::new().with::<TicketCreatedV1>().with::<TicketCreatedV2>().with::<TicketCreated>()
    }

    #[test]
    fn a_set_is_as_it_is_locked() {
        let lock = all().lock(None).unwrap();
        assert_eq!(all().check(&lock), Ok(()));
        assert_eq!(all().lock(Some(&lock)).unwrap(), lock, "nothing to add");
        assert_eq!(
            all().get("ticket.created", 2).unwrap()["properties"]["cents"]["type"],
            "integer"
        );
    }

    #[test]
    fn a_version_in_the_chain_is_not_forgotten() {
        let drift = Schemas::new().with::<TicketCreated>().lock(None).unwrap_err();
        let untold = |version| Fault::Untold { subject: "ticket.created".to_owned(), version };
        assert_eq!(drift.faults, [untold(1), untold(2)]);
    }

    #[test]
    fn one_version_has_one_type() {
        let drift = all().and(Schemas::new().with::<TicketCreatedV2>()).lock(None).unwrap_err();
        assert!(drift.to_string().contains("version 2: was added twice"), "{drift}");
    }

    #[test]
    fn an_event_that_is_gone_is_missed() {
        let lock = all().lock(None).unwrap();
        let drift = Schemas::new().with::<TicketCreatedV1>().check(&lock).unwrap_err();
        assert_eq!(drift.faults.len(), 2);
        assert!(drift.to_string().contains("ticket.created, version 3: has no type any more"));
    }

    #[test]
    fn a_file_is_made_kept_and_held() {
        // What `hold` does with the variable, which a test must not set for others.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.lock.json");
        let text = all().hold(&path).unwrap_err().to_string();
        assert!(text.contains("is not in the file yet"), "{text}");
        std::fs::write(&path, all().lock(None).unwrap()).unwrap();
        all().hold(&path).unwrap();
        std::fs::write(&path, "{").unwrap();
        let text = all().hold(&path).unwrap_err().to_string();
        assert!(text.contains("the lock file cannot be used"), "{text}");
    }

    /// A member that is new, a comment that is new, an order that is new: no new version.
    #[test]
    fn what_older_readers_do_not_notice_needs_no_version() {
        mod later {
            use super::*;

            /// A comment.
            #[derive(Serialize, Deserialize, schemars::JsonSchema, Event)]
            #[event(subject = "ticket.created", version = 1, key = "id")]
            pub(super) struct TicketCreatedV1 {
                /// In dollars.
                pub(super) price: f64,
                pub(super) id: String,
                pub(super) note: Option<String>,
            }
        }
        let lock = Schemas::new().with::<TicketCreatedV1>().lock(None).unwrap();
        let later = Schemas::new().with::<later::TicketCreatedV1>();
        let drift = later.check(&lock).unwrap_err();
        assert!(drift.faults[0].is_addition(), "{drift}");
        let text = drift.to_string();
        assert!(text.contains("version 1: `note`: is new, and may be missing"), "{text}");
        assert!(!text.contains("price"), "{text}");
        let lock = later.lock(Some(&lock)).unwrap();
        assert_eq!(later.check(&lock), Ok(()));
    }
}
