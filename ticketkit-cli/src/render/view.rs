//! What templates see of the answers.

use minijinja::{Value, value::Serde};
use serde::Serialize;
use serde_json::{Map, json};

use super::{dependency, snippets};
use crate::{
    answers::{Answers, DatabaseKind, Event, Handler, Resource, Service},
    field::{Field, Kind},
    names::{self, Name},
};

/// The forms of a name.
#[derive(Debug, Serialize)]
struct Names {
    name: String,
    snake: String,
    pascal: String,
    human: String,
    shouted: String,
}

impl From<&Name> for Names {
    fn from(name: &Name) -> Self {
        Self {
            name: name.to_string(),
            snake: name.snake(),
            pascal: name.pascal(),
            human: name.human(),
            shouted: name.shouted(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Project {
    #[serde(flatten)]
    names: Names,
    auth: bool,
    sqlite: bool,
    /// What is in the data folder, in a sentence.
    data: &'static str,
    postgres: bool,
    core: String,
    auth_crate: String,
    events_crate: String,
    is_local: bool,
    services: Vec<ServiceView>,
    /// All events, by subject.
    events: Vec<EventView>,
    /// The form of each event, as `events.lock.json` has it.
    lock: String,
    /// The types of ids, sorted.
    ids: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ServiceView {
    #[serde(flatten)]
    names: Names,
    package: String,
    krate: String,
    path: String,
    resources: Vec<ResourceView>,
    events: Vec<EventView>,
    handlers: Vec<HandlerView>,
    /// Which kinds of fields its resources have: decides on helpers, imports and dependencies.
    has: Has,
}

#[derive(Debug, Default, Serialize)]
struct Has {
    uuid: bool,
    json: bool,
    time: bool,
    time_value: bool,
    time_option: bool,
    parsed_option: bool,
    count: bool,
    count_option: bool,
    flag_option: bool,
    line: bool,
    prose: bool,
    amount: bool,
    present: bool,
    rules: bool,
}

#[derive(Debug, Clone, Serialize)]
struct FieldView {
    name: String,
    json: String,
    column: String,
    column_sql: String,
    kind: &'static str,
    optional: bool,
    rust: String,
    sql: &'static str,
    read: String,
    bind: String,
    sample: &'static str,
    other: &'static str,
    schema: &'static str,
    event_value: String,
}

#[derive(Debug, Serialize)]
struct ResourceView {
    #[serde(flatten)]
    names: Names,
    plural: Names,
    table: String,
    table_sql: String,
    path: String,
    migration: String,
    version: u32,
    fields: Vec<FieldView>,
    has: Has,
}

#[derive(Debug, Clone, Serialize)]
struct EventView {
    subject: String,
    snake: String,
    pascal: String,
    /// The service that tells it.
    source: String,
    key: String,
    form: String,
    fields: Vec<FieldView>,
    uuid: bool,
    json: bool,
    time: bool,
    optional: bool,
    camel: bool,
}

#[derive(Debug, Serialize)]
struct HandlerView {
    subject: String,
    snake: String,
    event: EventView,
}

/// Returns the view of a project.
pub(super) fn project(answers: &Answers) -> Value {
    let services: Vec<_> = answers.services.iter().map(|one| service(answers, one)).collect();
    let mut events: Vec<_> = answers.events().map(|(service, one)| event(service, one)).collect();
    events.sort_by(|one, other| one.subject.cmp(&other.subject));
    let mut ids: Vec<_> = answers
        .services
        .iter()
        .flat_map(|service| &service.resources)
        .map(|resource| resource.name.pascal())
        .collect();
    if answers.auth {
        ids.extend(["Session".to_owned(), "User".to_owned()]);
    }
    ids.sort_unstable();
    Value::from(Serde(Project {
        names: Names::from(&answers.name),
        auth: answers.auth,
        sqlite: answers.database.has_sqlite(),
        data: match (answers.auth, answers.database) {
            (false, DatabaseKind::Both) => "The databases, where no server is named.",
            (false, _) => "The databases.",
            (true, DatabaseKind::Both) => {
                "The databases, where no server is named, and the signing keys."
            }
            (true, _) => "The databases and the signing keys.",
        },
        postgres: answers.database.has_postgres(),
        core: dependency(&answers.deps, "ticketkit-core"),
        auth_crate: dependency(&answers.deps, "ticketkit-auth"),
        events_crate: dependency(&answers.deps, "ticketkit-events"),
        is_local: matches!(answers.deps, crate::answers::Deps::Path(_)),
        services,
        lock: lock(answers),
        events,
        ids,
    }))
}

fn lock(answers: &Answers) -> String {
    let forms = answers.events().map(|(_, event)| {
        let subject = event.subject.to_string();
        (subject, json!({ "1": form(event) }))
    });
    let forms: Map<String, serde_json::Value> = forms.collect();
    // Texts and numbers alone, which JSON can always say.
    serde_json::to_string_pretty(&forms).unwrap_or_default()
}

/// The JSON Schema of an event, without what only describes.
fn form(event: &Event) -> serde_json::Value {
    let members = event.fields.iter().map(|field| (names::camel(&field.name), field));
    let forms: Map<_, _> =
        members.clone().map(|(name, field)| (name, snippets::form(field))).collect();
    let mut required: Vec<_> =
        members.filter(|(_, field)| !field.optional).map(|(name, _)| name).collect();
    required.sort_unstable();
    // There is one at least: the key.
    json!({ "type": "object", "properties": forms, "required": required })
}

fn service(answers: &Answers, service: &Service) -> ServiceView {
    let fields = || service.resources.iter().flat_map(|resource| &resource.fields);
    let mut resources: Vec<_> =
        service.resources.iter().map(|one| resource(service, one)).collect();
    resources.sort_by_key(|resource| resource.version);
    let mut handlers: Vec<_> =
        service.handlers.iter().filter_map(|one| handler(answers, one)).collect();
    handlers.sort_by(|one, other| one.snake.cmp(&other.snake));
    let mut events: Vec<_> = service.events.iter().map(|one| event(service, one)).collect();
    events.sort_by(|one, other| one.snake.cmp(&other.snake));
    ServiceView {
        names: Names::from(&service.name),
        package: format!("{}-{}", answers.name, service.name),
        krate: format!("{}_{}", answers.name.snake(), service.name.snake()),
        path: format!("/api/{}", service.name),
        resources,
        events,
        handlers,
        has: has(fields()),
    }
}

fn has<'a>(fields: impl Iterator<Item = &'a Field>) -> Has {
    let mut has = Has::default();
    for field in fields {
        has.present |= field.optional;
        match (field.kind, field.optional) {
            (Kind::String, _) => has.line = true,
            (Kind::Text, _) => has.prose = true,
            (Kind::Money, _) => has.amount = true,
            (Kind::I64 | Kind::Bool, false) => {}
            (Kind::I64, true) => {}
            (Kind::Bool, true) => has.flag_option = true,
            (Kind::U32, false) => has.count = true,
            (Kind::U32, true) => has.count_option = true,
            (Kind::Uuid, optional) => {
                has.uuid = true;
                has.parsed_option |= optional;
            }
            (Kind::Json, optional) => {
                has.json = true;
                has.parsed_option |= optional;
            }
            (Kind::Time, optional) => {
                has.time = true;
                has.time_option |= optional;
                has.time_value |= !optional;
            }
        }
    }
    has.rules = has.line || has.prose || has.amount;
    has
}

fn resource(service: &Service, resource: &Resource) -> ResourceView {
    let path = if resource.plural == service.name {
        format!("/api/{}", service.name)
    } else {
        format!("/api/{}/{}", service.name, resource.plural)
    };
    ResourceView {
        names: Names::from(&resource.name),
        plural: Names::from(&resource.plural),
        table: quoted(&resource.plural.snake()).replace('"', "\\\""),
        table_sql: quoted(&resource.plural.snake()),
        path,
        migration: format!("{:04}_{}", resource.migration, resource.plural.snake()),
        version: resource.migration,
        fields: resource.fields.iter().map(field).collect(),
        has: has(resource.fields.iter()),
    }
}

fn field(field: &Field) -> FieldView {
    FieldView {
        name: field.name.clone(),
        json: names::camel(&field.name),
        column: quoted(&field.name).replace('"', "\\\""),
        column_sql: quoted(&field.name),
        kind: field.kind.name(),
        optional: field.optional,
        rust: snippets::rust(field),
        sql: snippets::sql(field),
        read: snippets::read(field),
        bind: snippets::bind(field),
        sample: snippets::sample(field.kind),
        other: snippets::other(field.kind),
        schema: snippets::schema(field.kind),
        event_value: snippets::value(field),
    }
}

/// SQL needs quotes around a word that means something to it.
fn quoted(name: &str) -> String {
    if names::is_sql_word(name) { format!("\"{name}\"") } else { name.to_owned() }
}

fn event(service: &Service, event: &Event) -> EventView {
    let any = |kind| event.fields.iter().any(|field| field.kind == kind);
    EventView {
        subject: event.subject.to_string(),
        snake: event.subject.snake(),
        pascal: event.subject.pascal(),
        source: service.name.to_string(),
        key: event.key.clone(),
        form: form(event).to_string(),
        fields: event.fields.iter().map(field).collect(),
        uuid: any(Kind::Uuid),
        json: any(Kind::Json),
        time: any(Kind::Time),
        optional: event.fields.iter().any(|field| field.optional),
        camel: event.fields.iter().any(|field| field.name.contains('_')),
    }
}

fn handler(answers: &Answers, handler: &Handler) -> Option<HandlerView> {
    let (service, one) = answers.event(&handler.subject)?;
    Some(HandlerView {
        subject: handler.subject.to_string(),
        snake: handler.subject.snake(),
        event: event(service, one),
    })
}
