//! The expiration service from outside: by the events that it hears and tells.

mod timers;
mod world;
