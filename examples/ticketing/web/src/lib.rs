//! The server-rendered pages of the ticketing system.
//!
//! [`WebService`] is a router of pages that works by forms and links; a script adds local times,
//! the countdown and the live order. It knows the other services by their HTTP APIs alone and
//! reaches them through one [`Gateway`]. [`EventsAdmin`] is what administrators see of the event
//! engine, given by whoever runs the process.

mod api;
mod app;
mod assets;
mod card_entry;
mod config;
mod error;
mod error_pages;
mod events_admin;
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
pub use events_admin::{EventsAdmin, EventsFuture, ParkedEvent, ParkedEvents, SubscriptionState};
pub use gateway::Gateway;
pub use service::{TemplateError, WebService};
