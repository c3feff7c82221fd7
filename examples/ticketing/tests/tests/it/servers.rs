//! All services in one process, on PostgreSQL and RabbitMQ.

use serde_json::json;
use ticketing_tests::market::order_path;
use ticketing_tests::person::text;
use ticketing_tests::{Person, Server, server::command};
use ticketkit_servers::{Postgres, RabbitMq};

const ADMIN: &str = "admin@example.org";

#[test]
#[ignore = "needs PostgreSQL and RabbitMQ installed: run cargo xtask test"]
fn one_process_on_servers_does_all_that_one_on_a_folder_does_and_is_alone() {
    let mut rabbitmq = RabbitMq::launch().expect("a broker");
    let postgres = Postgres::start().expect("a database");
    rabbitmq.wait(&mut || true).expect("a broker that answers");
    let (database, events) = (postgres.database("shop"), rabbitmq.url());
    let settings = [
        ("TICKETING_DATABASE_URL", database.as_str()),
        ("TICKETING_EVENTS_URL", events.as_str()),
        ("TICKETING_ADMIN_EMAIL", ADMIN),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let other = |arguments: &[&str]| {
        let mut command = command(folder.path());
        // The other one has a data folder of its own: what they share are the servers.
        let output = command.envs(settings).args(arguments).output().expect("the command to run");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = other(&["--migrate"]);
    assert_eq!(code, Some(0), "{said}");

    let server = Server::with(&settings);
    let admin = Person::sign_up_as(&server, ADMIN);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let ticket = seller.sell("On servers", 2_500);
    let order = buyer.buy(&ticket);
    admin.post(format!("{}/refund", order_path(&order)), &json!({"reason": "a test"})).expect(202);
    buyer.await_order(&order, "refunded");
    let history = admin.get(format!("/api/users/{}/history", buyer.id)).expect(200).json();
    assert_eq!(text(&history["items"][0], "kind"), "signed_up");

    let (code, said) = other(&[]);
    assert_eq!(code, Some(1), "a second process: {said}");
    assert!(said.contains("TICKETING_DATABASE_URL") && said.contains("--distributed"), "{said}");
    assert!(!said.contains("listening on"), "{said}");
    // Before a new version starts, the old one serves on.
    let (code, said) = other(&["--migrate"]);
    assert_eq!(code, Some(0), "{said}");

    server.crash();
    seller.await_ticket(&ticket, "available");
    Person::sign_up(&server, "next").buy(&ticket);
}
