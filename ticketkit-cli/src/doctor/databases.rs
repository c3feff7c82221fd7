//! What the databases lack, which the built program tells: it has the migrations inside, and the
//! settings that say where the databases are.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Checked,
    program::{AskError, NOT_BUILT, Program},
};
use crate::{answers::Answers, project::Project};

const BLOCKED: &str = "looked at when the findings before are mended";

/// What it prints for `--check`; nothing of what the first start makes.
#[derive(Debug, Deserialize)]
struct Said {
    /// By service.
    migrations: BTreeMap<String, Option<Vec<Step>>>,
    /// The types of events that each subscription gets.
    subscriptions: Option<Subscriptions>,
}

type Subscriptions = BTreeMap<String, Vec<String>>;

/// A migration that is not as the program knows it.
#[derive(Debug, Deserialize)]
struct Step {
    version: i64,
    name: String,
    state: State,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Pending,
    Changed,
    Unknown,
}

/// `is_blocked`: something was found already for which the program cannot look.
pub(super) fn check(
    project: &Project,
    program: Option<&Program>,
    is_blocked: bool,
) -> [Checked; 2] {
    let mut checked = ["migrations", "subscriptions"].map(|check| Checked::well(check, NOT_BUILT));
    let Some(program) = program else { return checked };
    if is_blocked {
        return checked.map(|one| Checked::well(one.check, BLOCKED));
    }
    let [migrations, subscriptions] = &mut checked;
    match program.ask("--check") {
        Ok(text) => match serde_json::from_str::<Said>(&text) {
            Ok(said) => {
                compare_migrations(migrations, &said.migrations);
                let declared = declared(&project.answers);
                compare_subscriptions(subscriptions, &declared, said.subscriptions.as_ref());
                return checked;
            }
            Err(error) => migrations.add(
                format!("what the program says to --check is not understood: {error}"),
                "cargo ticketkit update && cargo build",
            ),
        },
        Err(AskError::Refused(why)) if why.contains("unknown argument") => {
            let old =
                "the program knows no --check before `cargo ticketkit update` and `cargo build`";
            return checked.map(|one| Checked::well(one.check, old));
        }
        Err(AskError::Refused(why)) => {
            migrations.add(format!("the program cannot look: {why}"), "cargo run -- --check");
        }
        Err(AskError::Run | AskError::Late) => migrations.add(
            format!("{} --check does not run to its end", program.path.display()),
            "cargo build",
        ),
    }
    subscriptions.well = BLOCKED.to_owned();
    checked
}

fn compare_migrations(checked: &mut Checked, said: &BTreeMap<String, Option<Vec<Step>>>) {
    let new = said.iter().filter(|(_, steps)| steps.is_none());
    let new: Vec<_> = new.map(|(service, _)| service.as_str()).collect();
    checked.well = match new.as_slice() {
        [] => "all have run".to_owned(),
        new => format!("the first start makes the databases of {}", new.join(", ")),
    };
    let steps = said.iter().flat_map(|(service, steps)| {
        steps.iter().flatten().map(move |step| (service.as_str(), step))
    });
    for (service, Step { version, name, state }) in steps {
        let which = format!("{service}: migration {version} `{name}`");
        let history = format!("git log --patch -- {service}/migrations");
        match state {
            State::Pending => checked
                .add(format!("{which} has not run; the start of the program runs it"), "cargo run"),
            State::Changed => checked.add(
                format!("{which} was changed since it has run, so that the program does not start"),
                format!("take the change back, and add another step: {history}"),
            ),
            State::Unknown => checked.add(
                format!("{which} has run and is none of the program's, which does not start so"),
                format!("build the version that has it, or bring it back: {history}"),
            ),
        }
    }
}

/// What the services subscribe to at their start.
fn declared(answers: &Answers) -> Subscriptions {
    let services = answers.services.iter().filter(|service| !service.handlers.is_empty());
    let types = services.map(|service| {
        let handlers = service.handlers.iter();
        let mut types: Vec<_> = handlers.map(|one| one.subject.as_str().to_owned()).collect();
        types.sort_unstable();
        (service.name.as_str().to_owned(), types)
    });
    types.collect()
}

fn compare_subscriptions(
    checked: &mut Checked,
    declared: &Subscriptions,
    found: Option<&Subscriptions>,
) {
    let Some(found) = found else {
        "the first start makes them".clone_into(&mut checked.well);
        return;
    };
    checked.well = format!("as the handlers of {} services need them", declared.len());
    let start = "cargo run";
    for (name, types) in declared {
        let types = types.join(", ");
        match found.get(name) {
            None => checked.add(
                format!("{name} is to hear {types} and is not subscribed until the program starts"),
                start,
            ),
            Some(found) if found.join(", ") != types => checked.add(
                format!(
                    "{name} is to hear {types} and hears {} until the program starts",
                    found.join(", ")
                ),
                start,
            ),
            Some(_) => {}
        }
    }
    for name in found.keys().filter(|name| !declared.contains_key(*name)) {
        checked.add(
            format!(
                "{name} has a subscription and no handler in ticketkit.toml: events are kept for it"
            ),
            format!("if no code of yours handles them: bus.remove_subscription(\"{name}\")"),
        );
    }
}
