//! `add`.

use super::support::Place;

#[test]
fn what_is_added_is_wired() {
    let place = Place::grown();
    assert!(place.read("Cargo.toml").contains("\"venues\""));
    assert!(place.read("app/src/services.rs").contains("venues"));
    assert!(place.read("tickets/src/routes/mod.rs").contains("ticket"));
    assert!(place.read("contracts/src/lib.rs").contains("ticket_created"));
    assert!(place.read("venues/src/events/mod.rs").contains("ticket_created"));
    place.run(&["status"]).done();
}

#[test]
fn bad_input_is_refused_with_what_is_allowed_and_changes_nothing() {
    let place = Place::grown();
    let before = place.files();
    let cases: &[(&[&str], &[&str])] = &[
        (&["add", "service", "tickets"], &["there is a service `tickets` already"]),
        (&["add", "service", "crate"], &["crate"]),
        (&["add", "service", "app"], &["app"]),
        (&["add", "service", "../x"], &["../x"]),
        (&["add", "resource", "nothing", "x", "a:u32"], &["nothing"]),
        (&["add", "resource", "tickets", "ticket", "a:u32"], &["ticket"]),
        (&["add", "resource", "tickets", "seat", "a"], &["a", "name:type"]),
        (&["add", "resource", "tickets", "seat", "a:float"], &["float", "money"]),
        (&["add", "resource", "tickets", "seat", "a:u32", "a:u32"], &["a"]),
        (&["add", "resource", "tickets", "seat", "fn:u32"], &["fn"]),
        (&["add", "event", "tickets", "ticket", "a:u32", "--key", "a"], &["ticket"]),
        (&["add", "event", "tickets", "ticket.sold", "a:u32", "--key", "b"], &["b"]),
        (
            &["add", "event", "tickets", "ticket.created", "a:u32", "--key", "a"],
            &["ticket.created"],
        ),
        (&["add", "handler", "venues", "ticket.lost"], &["ticket.lost"]),
        (&["add", "handler", "venues", "ticket.created"], &["ticket.created"]),
    ];
    for (args, words) in cases {
        place.run(args).refused(2, words);
    }
    assert_eq!(place.files(), before);
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = Place::shop();
    let before = place.files();
    let answer = place.run(&["add", "service", "venues", "--dry-run", "--json"]).done();
    assert!(answer.json()["changes"].as_array().unwrap().len() > 5);
    assert_eq!(place.files(), before);
}

#[test]
fn your_changes_survive_what_is_added_beside_them() {
    let place = Place::grown();
    let mine = format!("{}\n// Mine.\n", place.read("tickets/src/store/tickets.rs"));
    place.write("tickets/src/store/tickets.rs", &mine);
    place.run(&["add", "resource", "tickets", "seat", "row:u32"]).done();
    assert_eq!(place.read("tickets/src/store/tickets.rs"), mine);
}

#[test]
fn a_folder_without_a_project_is_told() {
    let place = Place::empty();
    let answer = super::support::run_in(place.home(), &["add", "service", "venues"]);
    answer.refused(2, &["is in no project", "cargo ticketkit new NAME"]);
}
