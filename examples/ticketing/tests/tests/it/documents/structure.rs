//! What the two documents are made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use ticketing_tests::{
    described::Described,
    schema::{dangling, resolve},
};

use crate::shared::shared;

#[test]
fn the_description_of_the_routes_is_openapi() {
    let shared = shared();
    let described = Described::by(&shared.server.client());
    let document = described.document();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    assert_eq!(dangling(document), Vec::<String>::new());
    let tags: BTreeSet<_> =
        document["tags"].as_array().expect("tags").iter().map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for operation in described.operations() {
        let (value, path) = (operation.value, operation.path);
        assert!(ids.insert(value["operationId"].as_str().expect("an id")), "{path}: {ids:?}");
        assert!(
            value["tags"].as_array().expect("tags").iter().all(|tag| tags.contains(&tag.as_str()))
        );
        for requirement in value["security"].as_array().expect("security") {
            for scheme in requirement.as_object().expect("a requirement").keys() {
                let known = &document["components"]["securitySchemes"][scheme];
                assert!(known["type"].is_string(), "{path}: {scheme}");
            }
        }
        let item = &document["paths"][path];
        let parameters = [&item["parameters"], &value["parameters"]].into_iter();
        let parameters = parameters.flat_map(|list| list.as_array().into_iter().flatten());
        let mut seen = BTreeSet::new();
        for parameter in parameters.map(|one| resolve(document, one).expect("a parameter")) {
            let (name, place) = (&parameter["name"], &parameter["in"]);
            assert!(parameter["schema"].is_object(), "{path}: {name}");
            assert!(seen.insert((place.to_string(), name.to_string())), "{path}: {name} twice");
        }
        let in_path: BTreeSet<_> =
            seen.iter().filter(|(place, _)| place == "\"path\"").map(|(_, name)| name).collect();
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let names: Vec<_> = names.map(|name| format!("{name:?}")).collect();
        assert_eq!(in_path, names.iter().collect(), "{path}");
        let responses = value["responses"].as_object().expect("responses");
        for (status, response) in responses {
            let response = resolve(document, response).expect("a response");
            assert!(response["description"].is_string(), "{path} {status}");
            let status: u16 = status.parse().expect("a status");
            let problem = response["content"]["application/problem+json"].is_object();
            assert_eq!(problem, status >= 400, "{path} {status}");
        }
        assert!(responses.keys().any(|status| status.starts_with('2')), "{path}");
    }
}

#[test]
fn the_description_of_the_events_is_asyncapi() {
    let shared = shared();
    let answer = shared.server.client().get("/asyncapi.json").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["asyncapi"], "3.0.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    assert_eq!(dangling(&document), Vec::<String>::new());
    let members = |of: &Value| of.as_object().expect("an object").clone();
    let mut senders = BTreeMap::<String, Vec<String>>::new();
    for (name, operation) in members(&document["operations"]) {
        let channel = operation["channel"]["$ref"].as_str().expect("a channel");
        let kind = channel.strip_prefix("#/channels/").expect("a channel").to_owned();
        let action = operation["action"].as_str().expect("an action");
        assert!(["send", "receive"].contains(&action), "{name}");
        let (service, rest) = name.split_once('.').expect("a service");
        assert_eq!(rest, format!("{action}.{kind}"));
        if action == "send" {
            senders.entry(kind).or_default().push(format!("/{service}"));
        }
    }
    for (kind, channel) in members(&document["channels"]) {
        assert_eq!(channel["address"], kind.as_str());
        let messages = members(&channel["messages"]);
        let [message] = messages.values().collect::<Vec<_>>()[..] else { panic!("{messages:?}") };
        let message = resolve(&document, message).expect("a message");
        let attributes = &message["headers"]["properties"];
        assert_eq!(attributes["type"]["const"], kind.as_str());
        assert!(message["payload"].is_object(), "{kind}");
        let source = &attributes["source"];
        // What every service sends of itself, by a library, is the one kind with several senders.
        let sources = match source["enum"].as_array() {
            Some(several) => several.iter().collect(),
            None => vec![&source["const"]],
        };
        let mut sent = senders.remove(&kind).unwrap_or_default();
        sent.sort();
        assert_eq!(sources, sent.iter().collect::<Vec<_>>(), "{kind}");
    }
    assert_eq!(senders, BTreeMap::new());
}

/// The table of the contract: who publishes what, and which service handles it.
#[test]
fn who_sends_and_receives_is_as_in_the_contract() {
    let contract = [
        ("user.created", "auth", &[][..]),
        ("user.banned", "auth", &["orders", "tickets"]),
        ("user.unbanned", "auth", &["orders", "tickets"]),
        ("session.revoked", "auth", &[]),
        ("auth.heartbeat", "auth", &[]),
        ("ticket.created", "tickets", &["orders"]),
        ("ticket.updated", "tickets", &["orders"]),
        ("ticket.withdrawn", "tickets", &["orders"]),
        ("ticket.reserved", "tickets", &["orders"]),
        ("ticket.reservation_rejected", "tickets", &["orders"]),
        ("ticket.released", "tickets", &["orders"]),
        ("ticket.sold", "tickets", &["orders"]),
        ("order.created", "orders", &["tickets"]),
        ("order.awaiting_payment", "orders", &["expiration", "payments"]),
        ("order.cancelled", "orders", &["expiration", "payments", "tickets"]),
        ("order.expired", "orders", &["expiration", "payments", "tickets"]),
        ("order.completed", "orders", &["expiration", "payments", "tickets"]),
        ("order.refunded", "orders", &["expiration", "payments", "tickets"]),
        ("order.refund_requested", "orders", &["payments"]),
        ("expiration.completed", "expiration", &["orders"]),
        ("payment.created", "payments", &["orders"]),
        // The contract has orders for it too, which has nothing to do: the order goes on waiting.
        ("payment.failed", "payments", &[]),
        ("payment.refunded", "payments", &["orders"]),
        // Beyond the contract: how far the views of revocations are.
        ("auth.view_reported", "auth", &["auth"]),
        ("auth.view_reported", "orders", &[]),
        ("auth.view_reported", "payments", &[]),
        ("auth.view_reported", "tickets", &[]),
    ];
    let shared = shared();
    let document = shared.server.client().get("/asyncapi.json").expect(200).json();
    let mut operations: BTreeSet<_> =
        document["operations"].as_object().expect("operations").keys().cloned().collect();
    let mut expected = BTreeSet::new();
    for (kind, sender, receivers) in contract {
        expected.insert(format!("{sender}.send.{kind}"));
        expected.extend(receivers.iter().map(|one| format!("{one}.receive.{kind}")));
    }
    // What a service does with its own events is its own affair.
    operations.retain(|name| !name.starts_with("orders.receive.order."));
    assert_eq!(operations, expected);
}
