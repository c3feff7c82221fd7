//! Orders as streams: whoever looks at an order hears of its changes.
//!
//! The service listens to its own events, in every instance ([`bind`]), and passes each on to the
//! [`Listener`]s of that order. So a change is heard after it is committed, wherever it was made,
//! and nobody has to ask the database for it. [`Watch`] puts the rest around a listener: the
//! present state first, a slow look at the database for what was missed, and the end.

mod listen;
mod news;
mod watch;

pub(crate) use listen::{Listener, Streams};
pub(crate) use news::bind;
pub(crate) use watch::Watch;
