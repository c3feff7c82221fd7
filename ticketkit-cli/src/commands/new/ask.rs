//! Questions in a terminal; each has a default, and what is typed is checked as it is typed.

use inquire::{InquireError, Text, validator::Validation};

use crate::{
    answers::Answers,
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
