//! What no crate can test alone: crates together, the repository itself, and the snippets of its
//! pages, which are compiled and run here.

/// The snippets of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The snippets of the page on protecting a service.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/auth.md")]
pub struct Auth;

/// The snippets of the page on bans.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/bans.md")]
pub struct Bans;

/// The snippets of the page on errors.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors.md")]
pub struct Errors;

/// The snippets of the page on events.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/events.md")]
pub struct Events;
