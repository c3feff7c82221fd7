//! HTTP/1.1 over plain sockets: one connection a request, so that nothing survives a kill of the
//! server and a test can send bytes that a library would refuse to.

mod body;
mod request;
mod response;
mod stream;
mod wire;

pub use self::request::{Content, Request};
pub use self::response::{Head, Response};
pub use self::stream::{Event, EventStream};
pub use self::wire::{exchange, hang_up, open, raw};
