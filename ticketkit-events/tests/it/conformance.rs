//! Every engine against the suite.

use ticketkit_events::{
    BoxFuture, Bus, Clock,
    conformance::{self, Fixture},
    engine::memory::MemoryEngine,
};

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
    assert!(report.count() >= 20, "{report}");
}

#[cfg(feature = "sql")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    struct Sqlite(tempfile::TempDir);

    impl Fixture for Sqlite {
        fn open(&self) -> BoxFuture<'_, Bus> {
            Box::pin(async {
                let file = self.0.path().join("events.db");
                Bus::open(&format!("sqlite://{}", file.display())).await.unwrap()
            })
        }
    }

    let report = conformance::run(|| Sqlite(tempfile::tempdir().unwrap())).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 24, "{report}");
}

#[cfg(feature = "rabbitmq")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn rabbitmq() {
    let report = conformance::run(crate::rabbitmq::Place::new).await;
    println!("{report}");
    assert!(report.passed(), "{report}");
    assert!(report.count() >= 24, "{report}");
}
