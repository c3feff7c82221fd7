//! Two processes of each service, with a database and a broker that a test may kill.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::Duration;

use ticketing_load::session::Target;
use ticketing_load::system::Form;
use ticketing_load::{Dice, Record, Session, System, books::Books, trade};
use ticketing_tests::server::binary;
use ticketing_tests::{Request, eventually, http};
use ticketkit_servers::{Postgres, RabbitMq};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// How long a service that was killed, or all of them, may take to be back.
const BACK: Duration = Duration::from_secs(60);

/// How long traders may take to finish what they are at.
const LAST_TRADES: Duration = Duration::from_secs(60);

// The fields are dropped in this order: the services end before what they stand on.
pub(super) struct Cluster {
    pub(super) system: System,
    pub(super) postgres: RefCell<Postgres>,
    pub(super) rabbitmq: RefCell<RabbitMq>,
    pub(super) record: Record,
    pub(super) runtime: Runtime,
}

impl Cluster {
    /// Starts it on the thread of the test, with which the kernel would end it.
    pub(super) fn start() -> Self {
        let mut rabbitmq = RabbitMq::launch().expect("a broker");
        let postgres = Postgres::start().expect("a database");
        rabbitmq.wait(&mut || true).expect("a broker that answers");
        let (database, events) = (postgres.url(), rabbitmq.url());
        let settings = [
            ("TICKETING_DATABASE_URL", database.as_str()),
            ("TICKETING_EVENTS_URL", events.as_str()),
            ("TICKETING_THROTTLE", "off"),
            ("TICKETING_ADMIN_EMAIL", "root@load.example"),
            ("TICKETING_HOLD_SECONDS", "60"),
            ("RUST_LOG", "warn"),
        ];
        let form = Form::Distributed(2);
        let system = System::start(binary(), form, &settings).expect("the system");
        let runtime = Runtime::new().expect("a runtime");
        let (postgres, rabbitmq) = (RefCell::new(postgres), RefCell::new(rabbitmq));
        Self { system, postgres, rabbitmq, record: Record::new(), runtime }
    }

    pub(super) fn target(&self) -> Target {
        Target::new(self.system.url(), self.record.clone())
    }

    pub(super) fn sign_up(&self, name: &str) -> Session {
        self.runtime.block_on(Session::sign_up(&self.target(), name)).expect("an account")
    }

    /// The process that an instance runs as now, such as `orders-1`.
    pub(super) fn process(&self, instance: &str) -> u32 {
        let prefix = format!("{instance} runs as process ");
        let process = self.system.last_line(|line| line.strip_prefix(&prefix)?.trim().parse().ok());
        process.unwrap_or_else(|| panic!("{instance} never ran"))
    }

    /// Kills an instance as a crash does.
    pub(super) fn kill(&self, instance: &str) {
        signal(self.process(instance), "KILL");
    }

    /// Stops an instance in its tracks for a while.
    pub(super) fn pause(&self, instance: &str, pause: Duration) {
        self.pause_all(&[instance], pause);
    }

    /// Stops several instances in their tracks for the same while.
    pub(super) fn pause_all(&self, instances: &[&str], pause: Duration) {
        let processes: Vec<_> = instances.iter().map(|one| self.process(one)).collect();
        processes.iter().for_each(|process| signal(*process, "STOP"));
        thread::sleep(pause);
        processes.iter().for_each(|process| signal(*process, "CONT"));
    }

    /// Lets people trade while `meanwhile` goes on; then everything settles, and the books must
    /// agree. Returns how many answers were failures.
    pub(super) fn trade(&self, people: usize, meanwhile: impl FnOnce()) -> usize {
        let people: Vec<_> = (0..people).map(|_| self.sign_up("trader")).collect();
        let market = trade::Market::default();
        let mut dice = Dice::new(ticketing_tests::Dice::from_env(7).roll());
        let first = self.record.since(0).len();
        let mut trading = JoinSet::new();
        for person in &people {
            let (person, dice) = (person.clone(), Dice::new(dice.roll()));
            trading.spawn_on(trade::trade(person, market.clone(), dice), self.runtime.handle());
        }
        meanwhile();
        market.close();
        self.runtime.block_on(async {
            let finishing = async { while trading.join_next().await.is_some() {} };
            tokio::time::timeout(LAST_TRADES, finishing).await.expect("everybody to finish");
        });
        let failures =
            self.record.since(first).iter().filter(|sample| sample.outcome.is_failure()).count();
        let promises = market.promises();
        assert!(!promises.payments.is_empty(), "nobody paid\n{}", self.system.tail(80));
        self.await_ready();
        let verdict = self.runtime.block_on(Books::close(&people, &promises));
        let verdict = verdict.unwrap_or_else(|error| panic!("{error:?}\n{}", self.system.tail(80)));
        println!("{failures} failures; {:?}", verdict.states);
        assert!(verdict.breaches.is_empty(), "{:#?}\n{}", verdict.breaches, self.system.tail(80));
        failures
    }

    /// Where the ingress listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.system.url().trim_start_matches("http://").parse().expect("an address")
    }

    /// Waits until every service has an instance that takes requests.
    pub(super) fn await_ready(&self) {
        let address = self.address();
        eventually("every service to be ready", BACK, || {
            let answer = http::exchange(address, &Request::get("/readyz"), BACK);
            match answer.map(|answer| answer.status()) {
                Ok(200) => Ok(()),
                seen => Err(format!("{seen:?}\n{}", self.system.tail(40))),
            }
        });
    }
}

fn signal(process: u32, name: &str) {
    let script = format!("kill -{name} {process}");
    let sent = Command::new("sh").args(["-c", &script]).status().expect("a shell");
    assert!(sent.success(), "{script}");
}
