//! Accounts and bans, whatever stores or serves them.

mod ban;
mod email;
mod password;
mod user;

pub(crate) use ban::{Ban, BanOrder};
pub(crate) use email::Email;
pub(crate) use password::new_password;
pub(crate) use user::{ADMIN, User};
