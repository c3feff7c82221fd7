//! `remove`.

use super::support::Place;

#[test]
fn remove_takes_back_what_add_added() {
    let place = Place::shop();
    let before = place.files();
    place.run(&["add", "service", "venues"]).done();
    place.run(&["remove", "service", "venues"]).done();
    assert_eq!(place.files(), before);
}

#[test]
fn events_and_handlers_go_in_their_order() {
    let place = Place::grown();
    let event = ["remove", "event", "tickets", "ticket.created"];
    place.run(&event).refused(2, &["remove handler venues ticket.created"]);
    place.run(&["remove", "handler", "venues", "ticket.created"]).done();
    place.run(&event).done();
    assert!(!place.root().join("contracts/src/ticket_created.rs").exists());
    place.run(&["status"]).done();
}

#[test]
fn what_was_edited_stays_until_it_is_forced() {
    let place = Place::grown();
    let path = "venues/src/events/ticket_created.rs";
    let mine = format!("{}\n// Mine.\n", place.read(path));
    place.write(path, &mine);
    let before = place.files();
    let remove = ["remove", "handler", "venues", "ticket.created"];
    place.run(&remove).refused(1, &[path, "was edited"]);
    assert_eq!(place.files(), before);
    place.run(&[&remove[..], &["--force"]].concat()).done();
    assert!(!place.root().join(path).exists());
}

#[test]
fn a_number_of_a_migration_is_not_used_again() {
    let place = Place::grown();
    place.run(&["remove", "resource", "tickets", "ticket"]).done();
    place.run(&["add", "resource", "tickets", "seat", "row:u32"]).done();
    assert!(place.root().join("tickets/migrations/0002_seats.sql").is_file());
}

#[test]
fn what_is_not_there_is_refused() {
    let place = Place::shop();
    place.run(&["remove", "service", "venues"]).refused(2, &["venues"]);
    place.run(&["remove", "service", "tickets"]).refused(2, &["the only service"]);
    place.run(&["remove", "resource", "tickets", "x"]).refused(2, &["tickets has no `x`"]);
}
