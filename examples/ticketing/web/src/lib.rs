//! The server-rendered pages of the ticketing system.
//!
//! [`WebService`] is a router of pages that works by forms and links; a script adds local times,
//! the countdown and the live order. It knows the other services by their HTTP APIs alone and
//! reaches them through one [`Gateway`]. [`Events`] is the event engine, where whoever runs the
//! process lets administrators look into it.

mod api;
mod app;
mod assets;
mod card_entry;
mod config;
mod error;
mod error_pages;
mod events;
mod form;
mod gateway;
mod headers;
mod local_path;
mod pages;
mod price;
mod render;
mod router;
mod service;
mod visitor;
mod words;

pub use card_entry::{CardEntry, CardEntryError, STRIPE_JS};
pub use config::WebConfig;
pub use events::Events;
pub use gateway::Gateway;
pub use service::{TemplateError, WebService};
