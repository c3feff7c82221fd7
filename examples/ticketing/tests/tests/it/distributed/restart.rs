//! A new version comes: every process is replaced, and nobody notices.

use std::time::Duration;

use ticketing_tests::eventually;
use ticketkit_servers::Signal;

use super::Cluster;

/// Twelve processes, one after the other, on a machine that is busy.
const RESTARTED: Duration = Duration::from_secs(150);

#[test]
#[ignore = "needs PostgreSQL and RabbitMQ installed: run cargo xtask test"]
fn a_rolling_restart_fails_no_request() {
    let cluster = Cluster::start();
    let before: Vec<u32> = ["auth-1", "orders-2", "web-1"].map(|one| cluster.process(one)).into();
    let failures = cluster.trade(4, || {
        cluster.system.signal(Signal::Hup);
        eventually("all services to be replaced", RESTARTED, || {
            let done = |line: &str| (line == "all services restarted").then_some(());
            cluster.system.last_line(done).ok_or_else(|| cluster.system.tail(5))
        });
    });
    assert_eq!(failures, 0, "{}", cluster.system.tail(80));
    let after: Vec<u32> = ["auth-1", "orders-2", "web-1"].map(|one| cluster.process(one)).into();
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?}");
}
