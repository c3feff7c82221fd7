//! The events as they are described against the events as they are written.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::{collections::BTreeSet, fmt::Debug, fs, path::Path};

use serde_json::{Value, json};
use ticketing_contracts::{
    Currency, OrderId, PaymentId, SessionId, TicketId, Timestamp, UserId, api,
    expiration::ExpirationCompleted,
    order::*,
    payment::*,
    schemas,
    ticket::{RejectionReason, TicketStatus, *},
    user::*,
};
use ticketing_tests::schema::{dangling, faults, resolve};
use ticketkit_events::Event;

const AT: Timestamp = Timestamp::from_millis(1_790_000_000_123);

/// What instances of `ticketkit-auth` say among themselves has its type there.
const OF_THE_LIBRARY: &str = "auth.view_reported";

/// Holds examples against the description, and notes their types.
struct Description {
    document: Value,
    seen: BTreeSet<String>,
}

impl Description {
    #[track_caller]
    fn holds<E: Event + Debug + PartialEq>(&mut self, event: &E) {
        let written = serde_json::to_value(event).unwrap();
        let (payload, attributes) = self.message(E::SUBJECT);
        let wrong = faults(&self.document, &payload, &written);
        assert_eq!(wrong, Vec::<String>::new(), "{written}");

        let title = std::any::type_name::<E>().rsplit("::").next().unwrap();
        let message = &self.document["components"]["messages"][title];
        assert_eq!(message["name"], E::SUBJECT, "the message is called as the type, {title}");
        assert_eq!(attributes["dataversion"]["const"], E::VERSION);
        match attributes["subject"]["const"].as_str() {
            Some(constant) => assert_eq!(constant, event.key()),
            None => {
                let wrong = faults(&self.document, &attributes["subject"], &json!(event.key()));
                assert_eq!(wrong, Vec::<String>::new());
            }
        }

        // What is required is needed to read it, and what can be left out is not.
        for name in written.as_object().unwrap().keys() {
            let mut without = written.clone();
            without.as_object_mut().unwrap().remove(name);
            let read = serde_json::from_value::<E>(without.clone());
            let allowed = faults(&self.document, &payload, &without).is_empty();
            assert!(!allowed || read.is_ok(), "{title} cannot be read without {name}");
            let mut broken = written.clone();
            broken[name] = json!({"not": "this"});
            assert!(!faults(&self.document, &payload, &broken).is_empty(), "{title}.{name}");
        }
        self.seen.insert(E::SUBJECT.to_owned());
    }

    /// The payload and the attributes of a type of event.
    fn message(&self, kind: &str) -> (Value, Value) {
        let messages = &self.document["channels"][kind]["messages"];
        let message = messages.as_object().and_then(|messages| messages.values().next());
        let message = message.unwrap_or_else(|| panic!("{kind} is not described"));
        let message = resolve(&self.document, message).expect("a message");
        (message["payload"].clone(), message["headers"]["properties"].clone())
    }
}

#[test]
fn every_event_is_as_described() {
    let document: Value = serde_json::from_str(api::ASYNCAPI).unwrap();
    assert_eq!(dangling(&document), Vec::<String>::new());
    let mut described: BTreeSet<_> =
        document["channels"].as_object().unwrap().keys().cloned().collect();
    assert!(described.remove(OF_THE_LIBRARY), "{OF_THE_LIBRARY} is described");
    let mut description = Description { document, seen: BTreeSet::new() };
    users(&mut description);
    tickets(&mut description);
    orders(&mut description);
    payments(&mut description);
    assert_eq!(description.seen, described);
    assert_eq!(subjects(), described, "the types in the sources");
    let locked = schemas().iter().map(|(subject, _)| subject.to_owned()).collect();
    assert_eq!(described, locked, "the types in the lock file");
}

/// With `TICKETKIT_SCHEMAS=add` it adds to the file what is new.
#[test]
fn every_event_is_as_it_was_agreed_on() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("events.lock.json");
    if let Err(drift) = schemas().hold(file) {
        panic!("{drift}");
    }
}

fn users(all: &mut Description) {
    let (id, version) = (UserId::new(), 3);
    all.holds(&UserCreated { id, version, email: "ada@example.com".to_owned() });
    for until in [None, Some(AT)] {
        all.holds(&UserBanned { id, version, until, ban_version: 1, epoch: 2 });
    }
    all.holds(&UserUnbanned { id, version, ban_version: 2, epoch: 2 });
    let (sid, min_epoch) = (Some(SessionId::new()), None);
    all.holds(&SessionRevoked { user_id: id, version, sid, min_epoch });
    all.holds(&SessionRevoked { user_id: id, version, sid: None, min_epoch: Some(2) });
    all.holds(&AuthHeartbeat { sequence: 7, time: AT });
}

fn tickets(all: &mut Description) {
    let ticket = |status, order_id| Ticket {
        id: TicketId::new(),
        version: 1,
        title: "Opera, row 7".to_owned(),
        price: 4500,
        currency: Currency::USD,
        user_id: UserId::new(),
        status,
        order_id,
    };
    let order = Some(OrderId::new());
    let available = ticket(TicketStatus::Available, None);
    all.holds(&TicketCreated { ticket: available.clone() });
    all.holds(&TicketUpdated { ticket: available.clone() });
    all.holds(&TicketReleased { ticket: available, released_order_id: OrderId::new() });
    all.holds(&TicketWithdrawn { ticket: ticket(TicketStatus::Withdrawn, None) });
    all.holds(&TicketReserved { ticket: ticket(TicketStatus::Reserved, order) });
    all.holds(&TicketSold { ticket: ticket(TicketStatus::Sold, order) });
    for reason in [
        RejectionReason::TicketReserved,
        RejectionReason::TicketSold,
        RejectionReason::TicketWithdrawn,
        RejectionReason::PriceChanged,
        RejectionReason::NotFound,
    ] {
        let (id, order_id) = (TicketId::new(), OrderId::new());
        all.holds(&TicketReservationRejected { id, version: 0, order_id, reason });
    }
}

fn orders(all: &mut Description) {
    let order = |status| Order {
        id: OrderId::new(),
        version: 2,
        user_id: UserId::new(),
        status,
        reason: (status == OrderStatus::Cancelled).then(|| "buyer".to_owned()),
        expires_at: AT,
        ticket: OrderedTicket {
            id: TicketId::new(),
            version: 1,
            title: "Opera, row 7".to_owned(),
            price: 4500,
            currency: Currency::USD,
        },
        payment_id: matches!(status, OrderStatus::Complete | OrderStatus::Refunded)
            .then(PaymentId::new),
    };
    all.holds(&OrderCreated { order: order(OrderStatus::Created) });
    all.holds(&OrderAwaitingPayment { order: order(OrderStatus::AwaitingPayment) });
    all.holds(&OrderCancelled { order: order(OrderStatus::Cancelled) });
    all.holds(&OrderExpired { order: order(OrderStatus::Expired) });
    all.holds(&OrderCompleted { order: order(OrderStatus::Complete) });
    all.holds(&OrderRefunded { order: order(OrderStatus::Refunded) });
    let (id, payment_id, reason) = (OrderId::new(), PaymentId::new(), "called off".to_owned());
    all.holds(&OrderRefundRequested { id, version: 4, payment_id, reason });
    all.holds(&ExpirationCompleted { order_id: OrderId::new(), version: 2 });
}

fn payments(all: &mut Description) {
    let payment = |status| Payment {
        id: PaymentId::new(),
        version: 2,
        order_id: OrderId::new(),
        amount: 4500,
        currency: Currency::USD,
        status,
        provider_id: "ch_1".to_owned(),
    };
    let reason = || "card_declined".to_owned();
    all.holds(&PaymentCreated { payment: payment(PaymentStatus::Succeeded) });
    all.holds(&PaymentFailed { payment: payment(PaymentStatus::Failed), reason: reason() });
    all.holds(&PaymentRefunded { payment: payment(PaymentStatus::Refunded), reason: reason() });
}

/// Every member of a type is described, and what is always there is required. A description may say
/// more: a member for some readers only, such as the proof of a heartbeat, or one that the state of
/// the thing makes sure of, such as the reason of a cancelled order.
#[test]
fn every_payload_has_the_members_of_its_type() {
    let document: Value = serde_json::from_str(api::ASYNCAPI).unwrap();
    for (subject, version) in schemas().iter() {
        let description = Description { document: document.clone(), seen: BTreeSet::new() };
        let (described, needed) = members(&document, &description.message(subject).0);
        let (typed, required) = members(&Value::Null, schemas().get(subject, version).unwrap());
        assert!(typed.is_subset(&described), "{subject}: {described:?} lacks some of {typed:?}");
        assert!(required.is_subset(&needed), "{subject}: {needed:?} lacks some of {required:?}");
    }
}

/// The names of all members, and of those that are required, through what a schema is made of.
fn members(document: &Value, schema: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let schema = resolve(document, schema).unwrap();
    let mut all: BTreeSet<String> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let required = schema["required"].as_array().into_iter().flatten();
    let mut required: BTreeSet<String> =
        required.map(|name| name.as_str().unwrap().to_owned()).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, needed) = members(document, part);
        all.extend(more);
        required.extend(needed);
    }
    (all, required)
}

/// The subjects that stand in the sources, so that a new type is not forgotten here.
fn subjects() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for (before, after) in text.match_indices(" = \"").map(|(at, _)| text.split_at(at)) {
            let subject = after[4..].split('"').next().unwrap_or_default();
            let form = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
            if subject.contains('.') && subject.chars().all(form) && !before.ends_with("key") {
                found.insert(subject.to_owned());
            }
        }
    }
    found
}
