#![doc = include_str!("../docs/client.md")]

mod call;
mod date;
mod read;
mod remote;
mod retry_after;
mod summary;
mod upstream;

pub use call::CallError;
pub use remote::RemoteError;
pub use retry_after::RetryAfter;
pub use summary::ForeignBody;
pub use ticketkit_macros::RemoteError;
pub use upstream::Upstream;

/// The longest body that is read: what is longer is no problem document of the contract.
pub const MAX_BODY: usize = crate::problem::MAX_DOCUMENT;
