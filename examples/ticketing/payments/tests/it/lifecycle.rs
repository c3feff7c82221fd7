//! Starting and ending.

use std::time::Duration;

use crate::{
    process::Process,
    world::{BUYER, World},
};

#[test]
fn all_of_it_ends_when_the_end_is_asked_for() {
    let world = World::new();
    let process = Process::start(&world);
    process.paid(process.awaiting_payment().id, "pm_card_processing");
    process.shutdown.request();
    let ended = async { tokio::time::timeout(Duration::from_secs(10), process.running).await };
    process.runtime.block_on(ended).unwrap().unwrap();
}

#[test]
fn the_database_is_a_named_check() {
    let world = World::new();
    let process = Process::start(&world);
    let names = |ok: bool| {
        let reports = process.runtime.block_on(process.health.run());
        let reports = reports.into_iter().filter(|report| report.ok == ok);
        reports.map(|report| report.name).collect::<Vec<_>>()
    };
    assert_eq!(names(true), ["payments.database"]);
    process.runtime.block_on(process.database.close());
    assert_eq!(names(false), ["payments.database"]);
    // What is wrong inside is not for the client.
    let problem = process.get(BUYER, "/api/payments").problem(500, "internal");
    assert!(!problem.to_string().contains("pool"), "{problem}");
}
