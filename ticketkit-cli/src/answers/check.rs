//! What a file of answers says may be well-formed and still make no project.
//!
//! Commands never write such a file; a person can.

use std::collections::BTreeSet;

use super::{Answers, Event, Service};
use crate::{field, names};

/// Tells the first thing that cannot be.
pub(super) fn check(answers: &Answers) -> Result<(), String> {
    if answers.services.is_empty() {
        return Err("has no [[service]]: a project has at least one".to_owned());
    }
    for service in &answers.services {
        names::service(service.name.as_str())
            .map_err(|error| format!("has a service that cannot be: {error}"))?;
    }
    once(answers.services.iter().map(|one| one.name.to_string()), "service")?;
    let resources = answers.services.iter().flat_map(|service| &service.resources);
    once(resources.map(|one| one.name.to_string()), "resource")?;
    once(answers.events().map(|(_, event)| event.subject.snake()), "event")?;
    answers.services.iter().try_for_each(|service| check_service(answers, service))
}

fn check_service(answers: &Answers, service: &Service) -> Result<(), String> {
    let name = &service.name;
    let of = |what: &str| format!("{what} of {name}");
    once(service.resources.iter().map(|one| one.plural.to_string()), &of("plural"))?;
    once(service.resources.iter().map(|one| one.migration.to_string()), &of("migration"))?;
    for resource in &service.resources {
        names::resource(resource.name.as_str())
            .map_err(|error| format!("has a resource that cannot be: {error}"))?;
        if resource.migration >= service.next_migration {
            return Err(format!(
                "says that the next migration of {name} is {}, but `{}` has {}",
                service.next_migration, resource.name, resource.migration
            ));
        }
        let taken = ["id", "version"];
        field::check_all(&resource.fields, &taken).map_err(|error| {
            format!("has a field of `{}` that cannot be: {error}", resource.name)
        })?;
    }
    service.events.iter().try_for_each(check_event)?;
    once(service.handlers.iter().map(|one| one.subject.to_string()), &of("handler"))?;
    let unknown = service.handlers.iter().find(|one| answers.event(&one.subject).is_none());
    unknown.map_or(Ok(()), |handler| {
        Err(format!("lets {name} handle `{}`, which no service tells", handler.subject))
    })
}

fn check_event(event: &Event) -> Result<(), String> {
    let subject = &event.subject;
    field::check_all(&event.fields, &[])
        .map_err(|error| format!("has a field of `{subject}` that cannot be: {error}"))?;
    if event.fields.iter().any(|field| field.name == event.key) {
        return Ok(());
    }
    Err(format!("has the key `{}` for `{subject}`, which is no field of it", event.key))
}

fn once(names: impl Iterator<Item = String>, what: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if seen.contains(&name) {
            return Err(format!("has the {what} `{name}` twice"));
        }
        seen.insert(name);
    }
    Ok(())
}
