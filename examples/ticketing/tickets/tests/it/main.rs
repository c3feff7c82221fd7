//! The tickets service from outside: over HTTP, and by the events that it hears and tells.

mod bans;
mod locks;
mod market;
mod selling;
mod world;
