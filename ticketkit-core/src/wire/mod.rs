//! Bytes of requests into values, with errors that name the member.

mod json;
mod query;
mod shape;

pub(crate) use json::from_json;
pub(crate) use query::from_query;
#[cfg(feature = "chassis")]
pub(crate) use shape::members;
