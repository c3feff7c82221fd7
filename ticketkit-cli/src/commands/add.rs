//! `add`: appends to the answers.

use std::path::Path;

use super::apply;
use crate::{
    answers::{Answers, Event, Handler, Resource, Service, Subject},
    cli::{Add, How},
    failure::Failure,
    field::{self, Field},
    names::{self, Name},
    project::Project,
    report::Report,
};

pub(crate) fn run(folder: &Path, what: &Add, how: &How) -> Result<Report, Failure> {
    let project = Project::open(folder)?;
    let mut answers = project.answers.clone();
    let mut report = Report::new("add");
    let next = match what {
        Add::Service { name } => service(&mut answers, name)?,
        Add::Resource { service, name, fields, plural } => {
            resource(&mut answers, service, name, fields, plural.as_deref())?
        }
        Add::Event { service, subject, fields, key } => {
            event(&mut answers, service, subject, fields, key)?
        }
        Add::Handler { service, subject } => handler(&mut answers, service, subject)?,
    };
    if apply(&project, &answers, how, &mut report)? {
        report.say(format!("next: {next}"));
    }
    Ok(report)
}

fn service(answers: &mut Answers, name: &str) -> Result<String, Failure> {
    answers.services.push(new_service(answers, name)?);
    Ok(format!("cargo ticketkit add resource {name} thing title:string"))
}

/// Checks the name of a service that a project does not have yet.
pub(crate) fn new_service(answers: &Answers, name: &str) -> Result<Service, Failure> {
    let name = names::service(name).map_err(|error| Failure::input(format!("service {error}")))?;
    if answers.service(name.as_str()).is_some() {
        return Err(Failure::input(format!("there is a service `{name}` already")));
    }
    let package = |other: &str| format!("{}-{other}", answers.name);
    if answers.auth && ["auth", "users"].contains(&name.as_str()) {
        return Err(Failure::input(format!(
            "service `{name}`: the project has --auth, whose service is called auth and answers at \
             /api/users"
        )));
    }
    // `shop-a` in the project `shop` and `a` in a project `shop` would be one package.
    if package(name.as_str()) == answers.name.as_str() {
        return Err(Failure::input(format!("`{name}` would be the package of the project itself")));
    }
    Ok(Service::new(name))
}

fn resource(
    answers: &mut Answers,
    service: &str,
    name: &str,
    fields: &[String],
    plural: Option<&str>,
) -> Result<String, Failure> {
    let name =
        names::resource(name).map_err(|error| Failure::input(format!("resource {error}")))?;
    let plural = match plural {
        Some(text) => text.parse::<Name>(),
        None => name.plural().parse(),
    };
    let plural = plural.map_err(|error| Failure::input(format!("plural {error}; see --plural")))?;
    let fields = parsed(fields)?;
    let taken: &[&str] =
        if answers.auth { &["id", "version", "user_id"] } else { &["id", "version"] };
    field::check_all(&fields, taken).map_err(|error| Failure::input(format!("field {error}")))?;
    // Its id is a type of the contracts, which has all of them.
    for other in &answers.services {
        if other.resource(name.as_str()).is_some() {
            return Err(Failure::input(format!(
                "there is a resource `{name}` already, in the service {}",
                other.name
            )));
        }
    }
    if answers.auth && ["user", "session"].contains(&name.as_str()) {
        return Err(Failure::input(format!("resource `{name}` is what auth keeps")));
    }
    if answers.events().any(|(_, event)| event.subject.pascal() == format!("{}Id", name.pascal())) {
        return Err(Failure::input(format!("an event has the name `{}Id` already", name.pascal())));
    }
    let found = known_service(answers, service)?;
    if plural == name {
        return Err(Failure::input(format!(
            "`{name}` is its own plural; --plural names another, such as {name}-list"
        )));
    }
    let taken = ["routes", "world", "mod"].contains(&plural.as_str());
    if taken || found.resources.iter().any(|other| other.plural == plural) {
        return Err(Failure::input(format!(
            "the plural `{plural}` is taken in {service}; --plural names another"
        )));
    }
    let path = format!("/api/{service}/{plural}");
    let migration = found.next_migration;
    found.next_migration += 1;
    let path = if plural == found.name { format!("/api/{service}") } else { path };
    found.resources.push(Resource { name, plural, migration, fields });
    Ok(format!("cargo test, then cargo run and look at {path}"))
}

fn event(
    answers: &mut Answers,
    service: &str,
    subject: &Subject,
    fields: &[String],
    key: &str,
) -> Result<String, Failure> {
    let fields = parsed(fields)?;
    field::check_all(&fields, &[]).map_err(|error| Failure::input(format!("field {error}")))?;
    let key = key.replace('-', "_");
    match fields.iter().find(|field| field.name == key) {
        None => {
            let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
            return Err(Failure::input(format!(
                "--key `{}` is no field; allowed are {}",
                key.escape_debug(),
                names.join(", ")
            )));
        }
        Some(field) if field.optional || field.kind == field::Kind::Json => {
            return Err(Failure::input(format!(
                "--key `{key}` is {field}: a key is always there, and has a text of its own"
            )));
        }
        Some(_) => {}
    }
    for (teller, other) in answers.events() {
        if other.subject == *subject {
            return Err(Failure::input(format!("{} tells `{subject}` already", teller.name)));
        }
        if other.subject.snake() == subject.snake() || other.subject.pascal() == subject.pascal() {
            return Err(Failure::input(format!(
                "`{subject}` would have the same type as `{}`",
                other.subject
            )));
        }
    }
    if names::is_keyword(&subject.snake())
        || ["String", "Option", "Uuid", "Value", "Timestamp", "Event"]
            .contains(&subject.pascal().as_str())
    {
        return Err(Failure::input(format!("`{subject}` would make a type that Rust has already")));
    }
    let ids = answers.services.iter().flat_map(|service| &service.resources);
    if ids.map(|one| format!("{}Id", one.name.pascal())).any(|id| id == subject.pascal()) {
        return Err(Failure::input(format!("`{subject}` would have the type of an id")));
    }
    let found = known_service(answers, service)?;
    found.events.push(Event { subject: subject.clone(), key, fields });
    Ok(format!("call `news.{}` in the transaction that it tells of", subject.snake()))
}

fn handler(answers: &mut Answers, service: &str, subject: &Subject) -> Result<String, Failure> {
    if answers.event(subject).is_none() {
        let known: Vec<_> = answers.events().map(|(_, event)| event.subject.as_str()).collect();
        let known = if known.is_empty() {
            "none is, yet: cargo ticketkit add event".to_owned()
        } else {
            format!("known are {}", known.join(", "))
        };
        return Err(Failure::input(format!("no service tells `{subject}`; {known}")));
    }
    let found = known_service(answers, service)?;
    if found.handlers.iter().any(|handler| handler.subject == *subject) {
        return Err(Failure::input(format!("{service} handles `{subject}` already")));
    }
    found.handlers.push(Handler { subject: subject.clone() });
    Ok(format!("write what follows in {service}/src/events/{}.rs", subject.snake()))
}

fn parsed(fields: &[String]) -> Result<Vec<Field>, Failure> {
    fields
        .iter()
        .map(|text| text.parse().map_err(|error| Failure::input(format!("field {error}"))))
        .collect()
}

/// Finds a service by the name that a person typed.
pub(crate) fn known_service<'a>(
    answers: &'a mut Answers,
    name: &str,
) -> Result<&'a mut Service, Failure> {
    let known: Vec<_> = answers.services.iter().map(|one| one.name.to_string()).collect();
    answers.service_mut(name).ok_or_else(|| {
        Failure::input(format!(
            "there is no service `{}`; there are {}",
            name.escape_debug(),
            known.join(", ")
        ))
    })
}
