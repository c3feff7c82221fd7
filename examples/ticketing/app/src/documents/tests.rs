use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use ticketing_auth::AuthService;
use ticketing_expiration::ExpirationService;
use ticketing_orders::OrdersService;
use ticketing_payments::PaymentsService;
use ticketing_tests::schema::dangling;
use ticketing_tickets::TicketsService;

use super::*;

const ROUTES: [(&str, &str); 4] = [
    ("auth", AuthService::OPENAPI),
    ("tickets", TicketsService::OPENAPI),
    ("orders", OrdersService::OPENAPI),
    ("payments", PaymentsService::OPENAPI),
];

const EVENTS: [(&str, &str); 5] = [
    ("auth", AuthService::ASYNCAPI),
    ("tickets", TicketsService::ASYNCAPI),
    ("orders", OrdersService::ASYNCAPI),
    ("payments", PaymentsService::ASYNCAPI),
    ("expiration", ExpirationService::ASYNCAPI),
];

#[test]
fn parts_make_one_document_whose_references_stay_inside() {
    let parts = [
        r#"{"name": "whole", "tags": ["a"], "paths": {"/a": {"$ref": "../b.json#/c"}}}"#,
        r#"{"name": "part", "tags": ["b"], "paths": {"/b": {}}, "c": {}}"#,
    ];
    let paths = json!({"/a": {"$ref": "#/c"}, "/b": {}});
    let whole = json!({"name": "whole", "tags": ["a", "b"], "paths": paths, "c": {}});
    assert_eq!(merged(&parts).unwrap(), whole);
}

/// A process with one service in it serves the part of that service, whole in itself.
#[test]
fn the_part_of_each_service_is_whole() {
    for (service, part) in ROUTES {
        let document = openapi(&[part]).unwrap();
        assert_eq!(dangling(&document), Vec::<String>::new(), "{service}");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.contains_key("/livez") && paths.len() > 5, "{service}");
    }
    let mut all = BTreeSet::new();
    for (service, part) in EVENTS {
        let document = asyncapi(&[part]).unwrap();
        assert_eq!(dangling(&document), Vec::<String>::new(), "{service}");
        let channels = document["channels"].as_object().unwrap();
        assert!(!channels.is_empty(), "{service}");
        all.extend(channels.keys().cloned());
    }
    let shared: Value = serde_json::from_str(api::ASYNCAPI).unwrap();
    assert_eq!(all, shared["channels"].as_object().unwrap().keys().cloned().collect());
}

/// Of two parts that say the same, one would be lost.
#[test]
fn no_two_parts_describe_the_same() {
    let mut seen = BTreeMap::new();
    let parts = ROUTES.into_iter().chain([("all", OPENAPI), ("contracts", api::OPENAPI)]);
    for (name, part) in parts {
        let part: Value = serde_json::from_str(part).unwrap();
        let mut sections = vec![("paths".to_owned(), &part["paths"])];
        for (kind, section) in part["components"].as_object().into_iter().flatten() {
            sections.push((kind.clone(), section));
        }
        for (kind, section) in sections {
            for member in section.as_object().into_iter().flatten().map(|(member, _)| member) {
                let other = seen.insert((kind.clone(), member.clone()), name);
                assert_eq!(other, None, "{kind} {member} of {name}");
            }
        }
    }
}

#[test]
fn every_route_of_a_service_is_described_in_its_part_and_no_other() {
    for (service, part) in ROUTES {
        let mut routed = BTreeSet::new();
        // Elsewhere a client calls others with the same words.
        let is_route = |path: &Path| path.components().any(|part| part.as_os_str() == "routes");
        for (_, text) in sources(service).into_iter().filter(|(path, _)| is_route(path)) {
            for method in ["route", "get", "post", "put", "delete"] {
                let call = format!(".{method}(\"/");
                let paths = text.split(&call).skip(1);
                routed
                    .extend(paths.filter_map(|path| Some(format!("/{}", path.split_once('"')?.0))));
            }
        }
        let part: Value = serde_json::from_str(part).unwrap();
        let described: BTreeSet<_> = part["paths"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(described, routed, "{service}");
    }
}

/// What an instance tells of its view of these.
const REPORTED: &str = "auth.view_reported";

/// What tells every instance of bans and ended sessions.
const FED: [&str; 4] = ["user.banned", "user.unbanned", "session.revoked", "auth.heartbeat"];

/// A service names the type of an event in its sources if it publishes or handles it.
#[test]
fn every_event_that_a_service_names_is_described_in_its_part_and_no_other() {
    let shared: Value = serde_json::from_str(api::ASYNCAPI).unwrap();
    let messages = shared["components"]["messages"].as_object().unwrap();
    for (service, part) in EVENTS {
        let mut named = BTreeSet::new();
        for (path, text) in sources(service) {
            let words = text.split(|c: char| !c.is_alphanumeric());
            for message in words.filter_map(|word| messages.get(word)) {
                let source = &message["headers"]["properties"]["source"]["const"];
                let sent = source == &Value::from(format!("/{service}"));
                // Of its own events it hears for its streams alone.
                let streams = path.components().any(|part| part.as_os_str() == "streams");
                let action = if sent && !streams { "send" } else { "receive" };
                let kind = message["name"].as_str().unwrap();
                named.insert(format!("{service}.{action}.{kind}"));
            }
        }
        if service == "auth" {
            // The feed of `ticketkit-auth` sends these in its name.
            named.extend(FED.map(|kind| format!("auth.send.{kind}")));
            named.insert(format!("auth.receive.{REPORTED}"));
        }
        if service != "expiration" {
            // Whoever has a view of revocations reports how far it is.
            named.insert(format!("{service}.send.{REPORTED}"));
        }
        let part: Value = serde_json::from_str(part).unwrap();
        let described = part["operations"].as_object().unwrap();
        assert_eq!(described.keys().cloned().collect::<BTreeSet<_>>(), named);
    }
}

fn sources(service: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(service).join("src");
    collect(&folder, &mut found);
    found
}
