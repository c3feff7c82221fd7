//! The services of the example share event types, and nothing else of each other.

use super::read;

const SERVICES: [&str; 6] = ["auth", "tickets", "orders", "expiration", "payments", "web"];

#[test]
fn no_service_depends_on_another() {
    for service in SERVICES {
        let manifest = read(&format!("examples/ticketing/{service}/Cargo.toml"));
        for other in SERVICES.into_iter().filter(|other| *other != service) {
            let name = format!("ticketing-{other}");
            let depends = manifest.lines().any(|line| {
                line.strip_prefix(&name).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
            });
            assert!(!depends, "{service} depends on {name}");
        }
    }
}
