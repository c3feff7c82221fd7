//! Accounts and bans, whatever stores or serves them.

mod ban;
mod email;
mod user;

pub(crate) use ban::{Ban, BanOrder};
pub(crate) use email::Email;
pub(crate) use user::{ADMIN, User};
