//! Projects that were broken by hand.

use std::fs;

use super::support::Place;

#[test]
fn a_broken_answer_file_is_told_by_its_line() {
    let place = Place::shop();
    let text = place.read("ticketkit.toml").replace("auth = false", "auth = maybe");
    place.write("ticketkit.toml", &text);
    place.run(&["status"]).refused(2, &["ticketkit.toml", "auth = maybe"]);
}

#[test]
fn a_project_of_a_newer_program_is_not_touched() {
    let place = Place::shop();
    let text = place.read("ticketkit.toml");
    let version = text.lines().find(|line| line.starts_with("template = ")).unwrap();
    place.write("ticketkit.toml", &text.replace(version, "template = 99\nnew = true"));
    place.run(&["update"]).refused(2, &["templates 99", "install a newer"]);
}

#[test]
fn without_the_pristine_copies_nothing_is_guessed() {
    let place = Place::shop();
    fs::remove_dir_all(place.root().join(".ticketkit/pristine")).unwrap();
    place.run(&["update"]).refused(1, &["restore it from version control"]);
}

#[test]
fn a_file_that_is_no_text_any_more_is_a_conflict() {
    let place = Place::shop();
    fs::write(place.root().join("Cargo.toml"), [0xff, 0xfe, 0]).unwrap();
    place.run(&["add", "service", "venues"]).refused(1, &["Cargo.toml", "no text"]);
}

#[test]
fn a_file_in_the_way_of_a_new_one_is_a_conflict() {
    let place = Place::shop();
    fs::create_dir_all(place.root().join("venues/src")).unwrap();
    place.write("venues/src/lib.rs", "// Mine.\n");
    let before = place.files();
    place.run(&["add", "service", "venues"]).refused(1, &["venues/src/lib.rs", "is there already"]);
    assert_eq!(place.files(), before);
}

#[test]
fn answers_that_make_no_project_are_told_in_a_sentence() {
    let place = Place::grown();
    let whole = place.read("ticketkit.toml");
    let before = place.files();
    for (from, to, said) in [
        ("name = \"venues\"", "name = \"tickets\"", "has the service `tickets` twice"),
        ("name = \"venues\"", "name = \"app\"", "has a service that cannot be: `app`"),
        ("name = \"venues\"", "name = \"../x\"", "../x"),
        ("key = \"ticket_id\"", "key = \"id\"", "has the key `id` for `ticket.created`"),
        ("\"title:string\", ", "\"title:string\", \"title:text\", ", "is named twice"),
        ("\"price:money\"", "\"price:dollars\"", "dollars"),
        ("next_migration = 2\n", "", "the next migration of tickets is 1"),
        (
            "[[service.handler]]\nsubject = \"ticket.created\"",
            "[[service.handler]]\nsubject = \"ticket.gone\"",
            "`ticket.gone`, which no service tells",
        ),
    ] {
        assert!(whole.contains(from), "{from} is not in {whole}");
        place.write("ticketkit.toml", &whole.replacen(from, to, 1));
        place.run(&["add", "service", "orders"]).refused(2, &["ticketkit.toml", said]);
    }
    place.write(
        "ticketkit.toml",
        "template = 1\nname = \"shop\"\nauth = false\n\
        database = \"sqlite\"\ndeps = \"crates-io\"\n",
    );
    place.run(&["update"]).refused(2, &["has no [[service]]"]);
    place.write("ticketkit.toml", &whole);
    assert_eq!(place.files(), before);
}

#[test]
fn a_list_of_the_generator_that_was_deleted_comes_back_with_the_next_change() {
    let place = Place::shop();
    fs::remove_file(place.root().join("Cargo.toml")).unwrap();
    place.run(&["status"]).refused(1, &["missing  Cargo.toml"]);
    place.run(&["add", "service", "venues"]).done();
    assert!(place.read("Cargo.toml").contains("\"venues\""));
}
