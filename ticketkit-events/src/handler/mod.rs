//! Handlers: plain async functions with extractors.
//!
//! ```
//! # use serde::{Deserialize, Serialize};
//! use ticketkit_events::{Event, HandlerError, Meta, State, Subscription};
//!
//! # #[derive(Serialize, Deserialize, Event)]
//! # #[event(subject = "order.created", version = 1, key = "id")]
//! # struct OrderCreated { id: String }
//! #[derive(Clone)]
//! struct App;
//!
//! async fn on_order_created(
//!     event: OrderCreated,
//!     State(app): State<App>,
//!     meta: Meta,
//! ) -> Result<(), HandlerError> {
//!     println!("order {} at {}, attempt {}", event.id, meta.time, meta.attempt);
//!     Ok(())
//! }
//!
//! let subscription = Subscription::new("tickets").with_state(App).handle(on_order_created);
//! ```
//!
//! The first argument is the event, by value. Up to six extractors follow: anything
//! that implements [`FromContext`]. An error carries the decision what becomes of
//! the event, see [`HandlerError`].

mod context;
mod error;
mod extract;
mod function;

pub(crate) use self::error::{Decision, describe};

pub use self::{
    context::EventContext,
    error::HandlerError,
    extract::{FromContext, Meta, State},
    function::Handler,
};
