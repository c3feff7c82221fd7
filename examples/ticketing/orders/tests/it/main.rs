//! The orders service from outside: over HTTP, and by the events that it hears and tells.

mod bans;
mod buying;
mod deadline;
mod money;
mod race;
mod reading;
mod stream;
mod world;
