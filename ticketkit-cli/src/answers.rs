//! What a project was asked to be: the file `ticketkit.toml`.
//!
//! The whole project is rendered from it, so that every command is a change of answers: `add`
//! appends to them, `remove` takes from them, and `update` renders the same ones with newer
//! templates.

mod check;

use std::{fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{
    field::{Field, Kind},
    names::Name,
};

/// The file in the root of a project.
pub(crate) const FILE: &str = "ticketkit.toml";

/// Counts the versions of the templates: raised when what they write changes.
pub(crate) const TEMPLATE: u32 = 5;

const HEADING: &str = "\
# Owned by cargo ticketkit: what this project was asked to be. `add` and `remove` change it.
";

/// Everything that the templates depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answers {
    /// The version of the templates that the project was written with last.
    pub(crate) template: u32,
    pub(crate) name: Name,
    pub(crate) auth: bool,
    pub(crate) database: DatabaseKind,
    pub(crate) deps: Deps,
    #[serde(default, rename = "service", skip_serializing_if = "Vec::is_empty")]
    pub(crate) services: Vec<Service>,
}

/// What keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DatabaseKind {
    /// Files in a data folder; needs no server
    Sqlite,
    /// A PostgreSQL server
    Postgres,
    /// Files in a data folder, or a PostgreSQL server where the settings name one
    Both,
}

/// Where the crates of TicketKit come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Deps {
    /// The registry, at the version of this program.
    CratesIo,
    /// A checkout on this machine.
    Path(String),
    /// A repository at a revision.
    Git { url: String, rev: String },
}

/// One service of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) name: Name,
    /// The number of its next migration. A number is never used again, not even after `remove`.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub(crate) next_migration: u32,
    #[serde(default, rename = "resource", skip_serializing_if = "Vec::is_empty")]
    pub(crate) resources: Vec<Resource>,
    #[serde(default, rename = "event", skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<Event>,
    /// The subjects that it handles.
    #[serde(default, rename = "handler", skip_serializing_if = "Vec::is_empty")]
    pub(crate) handlers: Vec<Handler>,
}

/// Something that a service keeps and serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resource {
    pub(crate) name: Name,
    pub(crate) plural: Name,
    /// The number of the migration that makes its table.
    pub(crate) migration: u32,
    pub(crate) fields: Vec<Field>,
}

/// Something that a service tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    pub(crate) subject: Subject,
    pub(crate) key: String,
    pub(crate) fields: Vec<Field>,
}

/// Something that a service does when it hears of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Handler {
    pub(crate) subject: Subject,
}

/// The type of an event: words joined by dots, `order.created`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Subject(String);

/// The service that `--auth` brings. Its templates depend on no answer; what it tells is here, so that
/// others can handle it.
static AUTH: LazyLock<Service> = LazyLock::new(|| {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, optional: false };
    let mut auth = Service::new(Name::auth());
    auth.events.push(Event {
        subject: Subject("user.created".to_owned()),
        key: "user_id".to_owned(),
        fields: vec![field("user_id", Kind::Uuid), field("email", Kind::String)],
    });
    auth
});

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_first(number: &u32) -> bool {
    *number == 1
}

/// A file of answers that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidAnswers {
    #[error("{FILE} cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    #[error(
        "{FILE} is of templates {0} and this program has {TEMPLATE}: install a newer \
         cargo-ticketkit"
    )]
    Newer(u32),
    #[error("{FILE} {0}")]
    Odd(String),
}

impl Answers {
    /// Reads the file.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidAnswers> {
        // A newer file may have keys that this version does not know: say that first.
        #[derive(Deserialize)]
        struct Version {
            template: u32,
        }
        match toml::from_str::<Version>(text) {
            Ok(Version { template }) if template > TEMPLATE => {
                return Err(InvalidAnswers::Newer(template));
            }
            _ => {}
        }
        let answers = toml::from_str(text)?;
        check::check(&answers).map_err(InvalidAnswers::Odd)?;
        Ok(answers)
    }

    /// Writes the file.
    pub(crate) fn to_text(&self) -> String {
        // Names and numbers alone, which TOML can always say.
        let body = toml::to_string(self).unwrap_or_default();
        format!("{HEADING}{body}")
    }

    pub(crate) fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.as_str() == name)
    }

    pub(crate) fn service_mut(&mut self, name: &str) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.name.as_str() == name)
    }

    /// Every event, with the service that tells it.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&Service, &Event)> {
        let auth = self.auth.then(|| &*AUTH);
        let services = auth.into_iter().chain(&self.services);
        services.flat_map(|service| service.events.iter().map(move |event| (service, event)))
    }

    pub(crate) fn event(&self, subject: &Subject) -> Option<(&Service, &Event)> {
        self.events().find(|(_, event)| event.subject == *subject)
    }
}

impl DatabaseKind {
    /// Whether the data can be in files.
    pub(crate) const fn has_sqlite(self) -> bool {
        matches!(self, Self::Sqlite | Self::Both)
    }

    /// Whether the data can be on a PostgreSQL server.
    pub(crate) const fn has_postgres(self) -> bool {
        matches!(self, Self::Postgres | Self::Both)
    }
}

impl Service {
    pub(crate) const fn new(name: Name) -> Self {
        Self {
            name,
            next_migration: 1,
            resources: Vec::new(),
            events: Vec::new(),
            handlers: Vec::new(),
        }
    }

    pub(crate) fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name.as_str() == name)
    }
}

impl Subject {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `order.created` as `order_created`.
    pub(crate) fn snake(&self) -> String {
        self.0.replace('.', "_")
    }

    /// `order.created` as `OrderCreated`.
    pub(crate) fn pascal(&self) -> String {
        self.0.split(['.', '_']).map(crate::names::capitalised).collect()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(letters)
                && !word.ends_with('_')
                && !word.contains("__")
        };
        let words: Vec<_> = text.split('.').collect();
        if words.len() < 2 || !words.iter().all(|text| word(text)) {
            return Err(format!(
                "`{}` is no subject: words of a-z, 0-9 and `_`, joined by dots, such as \
                 order.created",
                text.escape_debug()
            ));
        }
        if text.len() > 2 * crate::names::LONGEST {
            return Err(format!("`{text}` has more than {} characters", 2 * crate::names::LONGEST));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CratesIo => f.write_str("crates-io"),
            Self::Path(path) => write!(f, "path:{path}"),
            Self::Git { url, rev } => write!(f, "git:{url}#{rev}"),
        }
    }
}

impl From<Deps> for String {
    fn from(deps: Deps) -> Self {
        deps.to_string()
    }
}

impl TryFrom<String> for Deps {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Deps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |text: &str| !text.is_empty() && !text.contains(['"', '\\', '\n', '\r', '\0']);
        if text == "crates-io" {
            return Ok(Self::CratesIo);
        }
        if let Some(path) = text.strip_prefix("path:") {
            if plain(path) {
                return Ok(Self::Path(path.to_owned()));
            }
            return Err("path: needs a folder without quotes and backslashes".to_owned());
        }
        if let Some(git) = text.strip_prefix("git:") {
            return match git.rsplit_once('#') {
                Some((url, rev))
                    if plain(url)
                        && !rev.is_empty()
                        && rev.chars().all(|c| c.is_ascii_alphanumeric()) =>
                {
                    Ok(Self::Git { url: url.to_owned(), rev: rev.to_owned() })
                }
                _ => Err("git: needs a URL and a revision: git:URL#REV".to_owned()),
            };
        }
        Err("allowed are crates-io, path:DIR and git:URL#REV".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_written_and_read() {
        let text = r#"
            template = 1
            name = "shop"
            auth = false
            database = "sqlite"
            deps = "path:../ticketkit"
            [[service]]
            name = "tickets"
            next_migration = 2
            [[service.resource]]
            name = "ticket"
            plural = "tickets"
            migration = 1
            fields = ["title:string", "until:time?"]
            [[service.event]]
            subject = "ticket.created"
            key = "id"
            fields = ["id:uuid"]
            [[service.handler]]
            subject = "ticket.created"
        "#;
        let answers = Answers::parse(text).unwrap();
        let written = answers.to_text();
        assert_eq!(Answers::parse(&written).unwrap(), answers, "{written}");
        let newer = format!("later = 1\n{}", text.replace("template = 1", "template = 99"));
        assert!(matches!(Answers::parse(&newer), Err(InvalidAnswers::Newer(99))));
        assert!(Answers::parse(&text.replace("shop", "../shop")).is_err());
    }

    #[test]
    fn sources_of_the_crates_are_read() {
        for text in ["crates-io", "path:/a b/c", "git:https://example.com/t#abc123"] {
            assert_eq!(text.parse::<Deps>().unwrap().to_string(), text);
        }
        for bad in ["", "path:", "path:a\"b", "git:https://x", "git:#abc", "npm"] {
            assert!(bad.parse::<Deps>().is_err(), "{bad}");
        }
    }

    #[test]
    fn subjects_are_words_with_dots() {
        let subject: Subject = "order.awaiting_payment".parse().unwrap();
        assert_eq!(subject.pascal(), "OrderAwaitingPayment");
        assert_eq!(subject.snake(), "order_awaiting_payment");
        for bad in ["", "order", "Order.created", "order..created", "a.b-c", "a.b_", "1.a"] {
            assert!(bad.parse::<Subject>().is_err(), "{bad}");
        }
    }
}
