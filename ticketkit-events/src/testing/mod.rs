//! What services are tested with: a bus in memory that records, and a clock that moves.
//!
//! ```
//! use std::time::Duration;
//! use serde::{Deserialize, Serialize};
//! use ticketkit_events::{Bus, Event, HandlerError, Publisher, State, Subscription, testing::TestBus};
//!
//! # #[derive(Serialize, Deserialize, Event)]
//! # #[event(subject = "order.created", version = 1, key = "id")]
//! # struct OrderCreated { id: String }
//! # #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
//! # #[event(subject = "ticket.reserved", version = 1, key = "id")]
//! # struct TicketReserved { id: String }
//! // The service: it answers each order with a reservation.
//! async fn reserve(
//!     event: OrderCreated,
//!     State((publisher, bus)): State<(Publisher, Bus)>,
//! ) -> Result<(), HandlerError> {
//!     publisher.publish(&bus, &TicketReserved { id: event.id }).await?;
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let test = TestBus::new();
//! let subscription = Subscription::new("tickets")
//!     .with_state((Publisher::new("tickets"), test.bus().clone()))
//!     .handle(reserve);
//! tokio::spawn(subscription.bind(test.bus()).await?.run(std::future::pending()));
//!
//! // The test: what another service tells, and what follows from it.
//! test.tell("orders", &OrderCreated { id: "7".into() }).await;
//! assert_eq!(test.published::<TicketReserved>(), [TicketReserved { id: "7".into() }]);
//! test.assert_nothing_parked().await;
//! # Ok(()) }
//! ```
//!
//! [`settled`](TestBus::settled) waits until nothing is under way: no event that is due is unhandled
//! and, of the databases that it [watches](TestBus::watch), no event is unpublished. What waits for a
//! time to come stays until [`advance`](TestBus::advance) moves the clock there. So a test needs no
//! sleep.
//!
//! What a service does when its engine fails, repeats itself or dies with it is tested with
//! [`faults`](crate::faults).

mod bus;
mod recorder;

pub use self::bus::TestBus;
