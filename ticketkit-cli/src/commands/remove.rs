//! `remove`: takes from the answers what `add` appended.

use std::path::Path;

use super::{add::known_service, apply};
use crate::{
    answers::{Answers, Subject},
    cli::{How, OnConflict, Remove},
    failure::Failure,
    project::Project,
    report::Report,
};

pub(crate) fn run(folder: &Path, what: &Remove, force: bool, how: &How) -> Result<Report, Failure> {
    let project = Project::open(folder)?;
    let mut answers = project.answers.clone();
    match what {
        Remove::Service { name } => service(&mut answers, name)?,
        Remove::Resource { service, name } => {
            let resources = &mut known_service(&mut answers, service)?.resources;
            taken(resources, |one| one.name.as_str() == name, service, name)?;
        }
        Remove::Event { service, subject } => {
            let events = &mut known_service(&mut answers, service)?.events;
            taken(events, |one| one.subject == *subject, service, subject.as_str())?;
            unheard(&answers, subject)?;
        }
        Remove::Handler { service, subject } => {
            let handlers = &mut known_service(&mut answers, service)?.handlers;
            taken(handlers, |one| one.subject == *subject, service, subject.as_str())?;
        }
    }
    let on_conflict = if force { OnConflict::Take } else { how.on_conflict };
    let mut report = Report::new("remove");
    apply(&project, &answers, &How { on_conflict, ..how.clone() }, &mut report)?;
    Ok(report)
}

fn service(answers: &mut Answers, name: &str) -> Result<(), Failure> {
    let gone = known_service(answers, name)?.clone();
    if answers.services.len() == 1 {
        return Err(Failure::input(format!("`{name}` is the only service of the project")));
    }
    answers.services.retain(|service| service.name != gone.name);
    gone.events.iter().try_for_each(|event| unheard(answers, &event.subject))
}

/// Refuses to take an event from those who handle it.
fn unheard(answers: &Answers, subject: &Subject) -> Result<(), Failure> {
    let hears = |service: &&crate::answers::Service| {
        service.handlers.iter().any(|handler| handler.subject == *subject)
    };
    match answers.services.iter().find(hears) {
        None => Ok(()),
        Some(service) => Err(Failure::input(format!(
            "{0} handles `{subject}`: cargo ticketkit remove handler {0} {subject}",
            service.name
        ))),
    }
}

fn taken<T>(
    list: &mut Vec<T>,
    is_it: impl Fn(&T) -> bool,
    service: &str,
    name: &str,
) -> Result<(), Failure> {
    let before = list.len();
    list.retain(|one| !is_it(one));
    if list.len() == before {
        return Err(Failure::input(format!("{service} has no `{}`", name.escape_debug())));
    }
    Ok(())
}
