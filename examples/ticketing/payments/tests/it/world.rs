//! What outlives a process: the folder, the clock, the people, and what was told.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ticketing_contracts::{
    OrderId, PaymentId, TicketId, Timestamp, UserId,
    order::{Order, OrderStatus, OrderedTicket},
    payment::Payment,
};
use ticketing_tests::Place;
use ticketkit_auth::testing::{TestAuth, user_id};
use ticketkit_events::{Clock, EventId};
use ticketkit_servers::Postgres;

pub(crate) const BUYER: &str = "ada@example.com";
pub(crate) const OTHER: &str = "bob@example.com";
pub(crate) const HOLD: Duration = Duration::from_secs(900);

pub(crate) struct World {
    place: Place,
    /// Where the database is instead, where transactions run beside each other.
    server: Option<Postgres>,
    pub(crate) clock: Clock,
    pub(crate) auth: TestAuth,
    pub(crate) told: Arc<Mutex<Vec<Told>>>,
}

/// An event that payments has published, once: a crash of the relay may have it delivered again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) id: EventId,
    pub(crate) subject: &'static str,
    pub(crate) payment: Payment,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            place: Place::new(),
            server: None,
            clock: Clock::manual(Timestamp::now()),
            auth: TestAuth::new(),
            told: Arc::default(),
        }
    }

    pub(crate) fn on_postgres() -> Self {
        Self { server: Some(Postgres::start().unwrap()), ..Self::new() }
    }

    /// Where the database of payments is.
    pub(crate) fn database(&self) -> String {
        match &self.server {
            Some(server) => server.database("payments"),
            None => self.place.url("payments"),
        }
    }

    /// A world in which time passes by itself.
    pub(crate) fn in_real_time() -> Self {
        Self { clock: Clock::system(), ..Self::new() }
    }

    /// An order of the buyer that waits for 4,999 cents.
    pub(crate) fn order(&self) -> Order {
        Order {
            id: OrderId::new(),
            version: 2,
            user_id: user_id(BUYER).parse().unwrap_or_else(|_| UserId::new()),
            status: OrderStatus::AwaitingPayment,
            reason: None,
            expires_at: self.clock.now() + HOLD,
            ticket: OrderedTicket {
                id: TicketId::new(),
                version: 1,
                title: "The Magic Flute".to_owned(),
                price: 4_999,
                currency: "EUR".parse().unwrap(),
            },
            payment_id: None,
        }
    }

    /// The subjects that were told of a payment, in order.
    pub(crate) fn told_of(&self, payment: PaymentId) -> Vec<&'static str> {
        let told = self.told.lock().unwrap();
        let of_it = told.iter().filter(|told| told.payment.id == payment);
        of_it.map(|told| told.subject).collect()
    }

    /// Waits until exactly this was told of a payment.
    #[track_caller]
    pub(crate) fn await_told(&self, payment: PaymentId, subjects: &[&'static str]) {
        eventually(|| {
            let told = self.told_of(payment);
            if told == subjects { Ok(()) } else { Err(told) }
        });
    }
}

/// Waits for a condition, for at most 10 s.
#[track_caller]
pub(crate) fn eventually<T, E: Debug>(mut probe: impl FnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match probe() {
            Ok(value) => return value,
            Err(last) if Instant::now() > deadline => panic!("waited in vain, last: {last:?}"),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The order after it ended in some way.
pub(crate) fn ended(order: &Order, status: OrderStatus) -> Order {
    Order { version: order.version + 1, status, ..order.clone() }
}
