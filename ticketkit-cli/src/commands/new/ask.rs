//! Questions in a terminal; each has a default, and what is typed is checked as it is typed.

use std::fmt;

use clap::ValueEnum;
use inquire::{Confirm, InquireError, Select, Text, validator::Validation};

use crate::{
    answers::{Answers, DatabaseKind},
    commands::add::new_service,
    failure::Failure,
    names::{self, Name},
};

/// Asks for the name of the project.
pub(super) fn name() -> Result<Name, Failure> {
    let text = Text::new("What is the project called?")
        .with_help_message("its folder and its program: lower-case letters, digits and -")
        .with_validator(|text: &str| Ok(valid(names::project(text))))
        .prompt()
        .map_err(|error| given_up(&error))?;
    names::project(&text).map_err(Failure::input)
}

/// Asks for the services to begin with.
pub(super) fn services(answers: &Answers) -> Result<Vec<String>, Failure> {
    let known = answers.clone();
    let text = Text::new("Which services does it begin with?")
        .with_default(answers.name.as_str())
        .with_help_message("one or more names, with spaces between; `add service` adds others")
        .with_validator(move |text: &str| {
            let mut known = known.clone();
            for name in text.split_whitespace() {
                match new_service(&known, name) {
                    Ok(service) => known.services.push(service),
                    Err(failure) => return Ok(Validation::Invalid(failure.to_string().into())),
                }
            }
            Ok(Validation::Valid)
        })
        .prompt()
        .map_err(|error| given_up(&error))?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// Asks whether there are accounts.
pub(super) fn auth() -> Result<bool, Failure> {
    Confirm::new("Do people sign in?")
        .with_default(false)
        .with_help_message("a service auth: accounts, sessions, bans; the others ask who is there")
        .prompt()
        .map_err(|error| given_up(&error))
}

/// Asks what keeps the data.
pub(super) fn database() -> Result<DatabaseKind, Failure> {
    /// A database with its explanation, which is that of `--help`.
    struct Choice(DatabaseKind, String);

    impl fmt::Display for Choice {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.1)
        }
    }

    let choices = DatabaseKind::value_variants().iter().filter_map(|&kind| {
        let value = kind.to_possible_value()?;
        Some(Choice(kind, format!("{}: {}", value.get_name(), value.get_help()?)))
    });
    let chosen = Select::new("What keeps the data?", choices.collect()).prompt();
    chosen.map(|Choice(kind, _)| kind).map_err(|error| given_up(&error))
}

fn valid<T>(result: Result<T, names::InvalidName>) -> Validation {
    match result {
        Ok(_) => Validation::Valid,
        Err(error) => Validation::Invalid(error.to_string().into()),
    }
}

fn given_up(error: &InquireError) -> Failure {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Failure::no("nothing was written: you left the questions")
        }
        error => Failure::no(format!("cannot ask: {error}; --yes takes the defaults")),
    }
}
