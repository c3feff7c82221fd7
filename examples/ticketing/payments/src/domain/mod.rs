//! What a payment is, and what becomes of it when.

mod answer;
mod attempt;
mod key;
mod order;
mod state;

pub(crate) use answer::Answer;
pub(crate) use attempt::{Attempt, PaymentView};
pub(crate) use key::IdempotencyKey;
pub(crate) use order::KnownOrder;
pub(crate) use state::{first_check, later_check, next};
