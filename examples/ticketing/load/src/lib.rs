//! Load for the ticketing system, from outside: `cargo xtask load`.
//!
//! People sign up, sell, browse, buy, pay, cancel and wait, all at once, and every answer is timed.
//! At the end the books are held against each other: what each was promised must be true, and no
//! money or ticket may be left over.
//!
//! | module | what is in it |
//! |---|---|
//! | [`system`] | starts the system, in one process or distributed |
//! | [`session`] | one person's HTTP session, each answer timed |
//! | [`trade`] | what people do |
//! | [`record`] | the answers, and what follows from them |
//! | [`progress`] | the line that lives |
//! | [`books`] | the invariants |
//! | [`report`] | tables and the picture of latency over time |

pub mod books;
pub mod dice;
pub mod progress;
pub mod record;
pub mod report;
pub mod session;
pub mod system;
pub mod trade;

pub use crate::{dice::Dice, record::Record, session::Session, system::System};
