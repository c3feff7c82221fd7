use std::borrow::Cow;

use serde::Serialize;

use super::{Entry, markdown};
use crate::{ErrorStatus, Problem, ServiceError, problem::TYPE_BASE};

/// Every error that a service can answer with, sorted by status and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    service: Cow<'static, str>,
    type_base: Cow<'static, str>,
    entries: Vec<Entry>,
}

impl Catalogue {
    /// Makes the catalogue of a service without any error.
    pub fn new(service: impl Into<Cow<'static, str>>) -> Self {
        Self { service: service.into(), type_base: TYPE_BASE.into(), entries: Vec::new() }
    }

    /// Adds all cases of an error, and of those that it passes on.
    #[must_use]
    pub fn with<E: ServiceError>(mut self) -> Self {
        for entry in E::entries() {
            self.add(entry);
        }
        self
    }

    /// Adds what the layer answers with for every service: 404 and 405 of the router, and 500.
    #[must_use]
    pub fn with_layer(mut self) -> Self {
        self.add(Entry::of_status(ErrorStatus::NOT_FOUND));
        self.add(Entry::of_status(ErrorStatus::METHOD_NOT_ALLOWED).header("Allow"));
        self.add(Entry::internal());
        self
    }

    /// Adds one entry.
    #[must_use]
    pub fn with_entry(mut self, entry: Entry) -> Self {
        self.add(entry);
        self
    }

    /// Puts another base before the code in `type`, as
    /// [`ErrorLayer::type_base`](crate::ErrorLayer::type_base) does.
    #[must_use]
    pub fn type_base(mut self, base: impl Into<Cow<'static, str>>) -> Self {
        self.type_base = base.into();
        self
    }

    fn add(&mut self, entry: Entry) {
        if !self.entries.contains(&entry) {
            let key = |entry: &Entry| (entry.status, entry.code.as_str().to_owned());
            let at = self.entries.partition_point(|other| key(other) <= key(&entry));
            self.entries.insert(at, entry);
        }
    }

    /// Returns the name of the service.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the entries, sorted by status and code.
    ///
    /// A code that several errors share, such as `validation_failed`, has an entry for each that
    /// differs.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the codes that stand for two statuses or two titles, which a client can't tell
    /// apart: a fault of the service.
    #[must_use]
    pub fn ambiguous(&self) -> Vec<&Entry> {
        let differs = |entry: &&Entry| {
            self.entries.iter().any(|other| {
                other.code == entry.code
                    && (other.status, &other.title) != (entry.status, &entry.title)
            })
        };
        self.entries.iter().filter(differs).collect()
    }

    /// Returns the document of an entry as this service sends it, as an example.
    #[must_use]
    pub fn example(&self, entry: &Entry) -> Problem {
        entry.example().with_service(self.service.clone()).with_type_base(&self.type_base)
    }

    /// Returns the catalogue as a JSON file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let errors = self.entries.iter().map(|entry| Line {
            type_uri: format!("{}{}", self.type_base, entry.code.hyphenated()),
            entry,
        });
        let file = File { service: &self.service, errors: errors.collect() };
        // Strings and numbers into memory can't fail.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Returns the catalogue as a Markdown page.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::page(self)
    }
}

#[derive(Serialize)]
struct File<'a> {
    service: &'a str,
    errors: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    type_uri: String,
    #[serde(flatten)]
    entry: &'a Entry,
}
