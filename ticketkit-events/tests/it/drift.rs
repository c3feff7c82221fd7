//! What a program can read of its databases before it starts on them.

use std::collections::{BTreeMap, BTreeSet};

use ticketkit_events::{
    Clock,
    engine::{Engine, Lifetime, SubscriptionSpec, sql::SqlEngine},
    sql::{Database, DriftState, Migration},
};

use super::place::{Place, on_each_database};

on_each_database! {
    steps_that_differ_are_found_and_nothing_is_changed,
    a_database_without_our_tables_lacks_all_steps,
    subscriptions_are_read_with_their_types,
}

const SHOWS: Migration = Migration::new(1, "shows", "create table shows (id text primary key)");
const SEATS: Migration = Migration::new(2, "seats", "create table seats (id {identity})");
const OTHER: Migration = Migration::new(1, "shows", "create table shows (id bigint)");

/// The files beside a database, where it is one.
fn files(url: &str) -> BTreeSet<String> {
    let Some(path) = url.strip_prefix("sqlite://") else { return BTreeSet::new() };
    let folder = std::path::Path::new(path).parent().unwrap();
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

/// What differs, by number, name and state.
async fn drift(url: &str, steps: &[Migration]) -> Vec<(i64, String, DriftState)> {
    let found = Database::drift(url, steps).await.unwrap().expect("a database");
    found.into_iter().map(|one| (one.version, one.name, one.state)).collect()
}

async fn steps_that_differ_are_found_and_nothing_is_changed(place: Place) {
    let url = place.url("shows");
    assert_eq!(Database::drift(&url, &[SHOWS]).await.unwrap(), None);
    assert_eq!(Database::drift(&url, &[SHOWS]).await.unwrap(), None, "the first look made it");
    assert!(files(&url).is_empty());

    let database = Database::open(&url).await.unwrap();
    database.migrate(&[SHOWS]).await.unwrap();
    for is_running in [true, false] {
        if !is_running {
            database.close().await;
        }
        let before = files(&url);
        assert_eq!(drift(&url, &[SHOWS]).await, []);
        let pending = [(2, "seats".to_owned(), DriftState::Pending)];
        assert_eq!(drift(&url, &[SHOWS, SEATS]).await, pending);
        assert_eq!(drift(&url, &[SHOWS, SEATS]).await, pending, "the look before changed it");
        let changed = [(1, "shows".to_owned(), DriftState::Changed)];
        assert_eq!(drift(&url, &[OTHER]).await, changed);
        assert_eq!(drift(&url, &[]).await, [(1, "shows".to_owned(), DriftState::Unknown)]);
        assert_eq!(files(&url), before, "running: {is_running}");
    }

    let database = Database::open(&url).await.unwrap();
    database.migrate(&[SHOWS, SEATS]).await.unwrap();
    assert_eq!(drift(&url, &[SHOWS, SEATS]).await, []);
}

async fn a_database_without_our_tables_lacks_all_steps(place: Place) {
    let (url, is_postgres) = (place.url("events"), place.is_postgres());
    let _engine = SqlEngine::open(&url, Clock::system()).await.unwrap();
    let found = drift(&url, &[SHOWS]).await;
    assert!(found.iter().all(|(.., state)| *state == DriftState::Pending), "{found:?}");
    let names: Vec<_> = found.iter().map(|(_, name, _)| name.as_str()).collect();
    let mut expected = vec!["outbox, inbox, schedules", "partitions of the outbox"];
    if is_postgres {
        expected.push("outbox with fewer indexes");
    } else {
        expected.extend(["outbox without autoincrement", "outbox by partitions"]);
    }
    expected.push("shows");
    assert_eq!(names, expected);
}

async fn subscriptions_are_read_with_their_types(place: Place) {
    let url = place.url("events");
    assert_eq!(SqlEngine::declared(&url).await.unwrap(), None);
    let _database = Database::open(&url).await.unwrap();
    assert_eq!(SqlEngine::declared(&url).await.unwrap(), None, "no engine has opened it");
    let engine = SqlEngine::open(&url, Clock::system()).await.unwrap();
    assert_eq!(SqlEngine::declared(&url).await.unwrap(), Some(BTreeMap::new()));
    for (name, types, lifetime) in [
        ("venues", vec!["Show.moved", "show.opened", "show.closed"], Lifetime::Durable),
        ("idle", vec!["show.opened"], Lifetime::Durable),
        ("idle", vec![], Lifetime::Durable),
        ("venues/1", vec!["show.opened"], Lifetime::Instance),
    ] {
        let types = types.into_iter().map(str::to_owned).collect();
        let name = name.to_owned();
        let (ordered, replay, concurrency) = (true, None, 1);
        let spec = SubscriptionSpec { name, types, ordered, lifetime, replay, concurrency };
        engine.subscribe(spec).await.unwrap();
    }
    let types = |types: &[&str]| types.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
    let expected = BTreeMap::from([
        ("idle".to_owned(), types(&[])),
        ("venues".to_owned(), types(&["Show.moved", "show.closed", "show.opened"])),
    ]);
    assert_eq!(SqlEngine::declared(&url).await.unwrap(), Some(expected));
}
