//! Every engine against the suite.

#[cfg(feature = "sql")]
use std::time::Duration;

use ticketkit_events::{
    BoxFuture, Bus, Clock,
    conformance::{self, Fixture},
    engine::memory::MemoryEngine,
    faults::FaultyBus,
    testing::TestBus,
};

#[cfg(feature = "sql")]
use crate::place::Place;

struct Memory(MemoryEngine);

impl Fixture for Memory {
    fn open(&self) -> BoxFuture<'_, Bus> {
        Box::pin(async { Bus::new(self.0.clone()) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    let report = conformance::run(|| Memory(MemoryEngine::new(Clock::system()))).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 31, "{report}");
}

/// What users test with behaves as an engine does, as long as no faults are set.
#[tokio::test(flavor = "multi_thread")]
async fn the_buses_for_tests() {
    struct Testing(TestBus);

    impl Fixture for Testing {
        fn open(&self) -> BoxFuture<'_, Bus> {
            Box::pin(async { FaultyBus::new(self.0.bus(), 1).process("all").bus() })
        }
    }

    let report = conformance::run(|| Testing(TestBus::with_clock(Clock::system()))).await;
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 31, "{report}");
}

#[cfg(feature = "sql")]
impl Fixture for Place {
    fn open(&self) -> BoxFuture<'_, Bus> {
        Box::pin(async { Bus::open(&self.url("events")).await.unwrap() })
    }

    fn recovery(&self) -> Duration {
        // The lease and a poll.
        Duration::from_secs(if self.is_postgres() { 8 } else { 4 })
    }
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: run cargo xtask test"]
async fn postgres() {
    let report = conformance::run(Place::postgres).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 35, "{report}");
}

#[cfg(feature = "sql")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let report = conformance::run(Place::sqlite).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 35, "{report}");
}

#[cfg(feature = "rabbitmq")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn rabbitmq() {
    let report = conformance::run(crate::rabbitmq::Place::new).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 33, "{report}");
}
