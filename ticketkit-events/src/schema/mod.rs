//! The form of events as JSON Schema, and a lock file that it is held against.
//!
//! A change of an event that older readers do not understand is found in production, by another
//! team. So the forms of all events of a service, each version of each, are committed in one file,
//! and a test holds the types against it:
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use ticketkit_events::{Event, schema::Schemas};
//!
//! #[derive(Serialize, Deserialize, JsonSchema, Event)]
//! #[event(subject = "ticket.created", version = 1, key = "id")]
//! struct TicketCreated {
//!     id: String,
//!     price: i64,
//! }
//!
//! let schemas = Schemas::new().with::<TicketCreated>();
//! let lock = schemas.lock(None)?; // the text to commit
//! schemas.check(&lock)?;
//!
//! // Half a year later somebody gives the price a comma:
//! # mod later {
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//! # use ticketkit_events::{Event, schema::Schemas};
//! #[derive(Serialize, Deserialize, JsonSchema, Event)]
//! #[event(subject = "ticket.created", version = 1, key = "id")]
//! struct TicketCreated {
//!     id: String,
//!     price: f64,
//! }
//! # pub(super) fn schemas() -> Schemas { Schemas::new().with::<TicketCreated>() }
//! # }
//! # let schemas = later::schemas();
//! let drift = schemas.check(&lock).unwrap_err();
//! assert!(drift.to_string().contains("ticket.created, version 1: `price`: type was \"integer\", is \"number\""));
//! # Ok::<(), ticketkit_events::schema::Drift>(())
//! ```
//!
//! In a project the test is one line, [`Schemas::hold`]. A new event, a new version and a new member
//! that may be missing are added to the file by running the test with `TICKETKIT_SCHEMAS=add`; every
//! other change wants a new version of the event (see [`event`](crate::event)).

mod difference;
mod form;
mod lock;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

pub use self::{
    difference::Difference,
    lock::{Drift, Fault},
};
use crate::Event;

/// The forms of a set of events, by type and version.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    events: BTreeMap<&'static str, BTreeMap<u32, Form>>,
    /// Versions that two types claim to be.
    doubled: Vec<(&'static str, u32)>,
}

/// What is known of one version of one event.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// The name of the Rust type.
    pub(crate) name: String,
    /// The oldest version that the type reads.
    oldest: u32,
    /// What the type takes: members that may be missing are not required.
    read: Value,
    /// What is written: members that are always there are required.
    pub(crate) written: Value,
}

impl Schemas {
    /// Begins with no event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one version of an event; older versions have types of their own.
    #[must_use]
    pub fn with<E: Event + JsonSchema>(mut self) -> Self {
        let form = Form {
            name: E::schema_name().into_owned(),
            oldest: E::OLDEST,
            read: form::read::<E>(),
            written: form::written::<E>(),
        };
        self.insert(E::SUBJECT, E::VERSION, form);
        self
    }

    /// Adds all of another set.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        for (subject, versions) in others.events {
            for (version, form) in versions {
                self.insert(subject, version, form);
            }
        }
        self.doubled.extend(others.doubled);
        self
    }

    fn insert(&mut self, subject: &'static str, version: u32, form: Form) {
        let other = self.events.entry(subject).or_default().insert(version, form);
        if other.is_some() {
            self.doubled.push((subject, version));
        }
    }

    /// Returns the JSON Schema (2020-12) of what is written as the data of one version.
    #[must_use]
    pub fn get(&self, subject: &str, version: u32) -> Option<&Value> {
        Some(&self.events.get(subject)?.get(&version)?.written)
    }

    /// Returns subject and version of each event, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.events.iter().flat_map(|(subject, versions)| versions.keys().map(|&v| (*subject, v)))
    }

    /// Returns the newest version of an event, and its form.
    pub(crate) fn newest(&self, subject: &str) -> Option<(u32, &Form)> {
        self.events.get(subject)?.last_key_value().map(|(version, form)| (*version, form))
    }
}
