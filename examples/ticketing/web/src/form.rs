//! A form as the page shows it: what was typed, and what is wrong with it.

use std::collections::BTreeMap;

use serde::Serialize;
use ticketkit_core::Problem;
use uuid::Uuid;

use crate::{error::Error, words};

/// The state of a form. Passwords are never among the values.
#[derive(Debug, Default, Serialize)]
pub(crate) struct FormView {
    values: BTreeMap<&'static str, String>,
    errors: BTreeMap<String, Vec<String>>,
    /// Messages that belong to no field of the form.
    others: Vec<String>,
    /// What is wrong as a whole.
    refused: Option<String>,
    /// Which of several forms on the page this is about.
    about: Option<String>,
}

/// Codes that speak of one field although the services name none.
const HOMES: [(&str, &str); 2] = [("email_in_use", "email"), ("payment_declined", "token")];

const MARKED: &str = "That did not work yet. Please look at the marked fields.";

impl FormView {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn value(mut self, field: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(field, value.into());
        self
    }

    pub(crate) fn about(mut self, object: Uuid) -> Self {
        self.about = Some(object.to_string());
        self
    }

    /// Sets a value unless one was typed.
    pub(crate) fn or_value(mut self, field: &'static str, value: impl Into<String>) -> Self {
        self.values.entry(field).or_insert_with(|| value.into());
        self
    }

    /// Puts one message beside a field.
    pub(crate) fn wrong(mut self, field: &str, message: &str) -> Self {
        self.errors.entry(field.to_owned()).or_default().push(message.to_owned());
        self.refused = Some(MARKED.to_owned());
        self
    }

    /// Shows a refusal: see [`refused`](Self::refused).
    pub(crate) fn of(self, error: &Error, fields: &[&str]) -> Self {
        match error.problem() {
            Some(problem) => self.refused(&problem, fields),
            None => self,
        }
    }

    /// Puts each message beside the field that it is about; `fields` are those of the form.
    pub(crate) fn refused(mut self, problem: &Problem, fields: &[&str]) -> Self {
        let code = problem.code.as_str();
        let home = HOMES.iter().find(|(known, _)| *known == code).map(|(_, field)| *field);
        for error in &problem.errors {
            let message =
                words::of_code(code).map_or_else(|| words::sentence(&error.message), str::to_owned);
            match error.field.as_deref().or(home) {
                Some(field) if fields.contains(&field) => {
                    self.errors.entry(field.to_owned()).or_default().push(message);
                }
                Some(field) => self.others.push(format!("{field}: {}", error.message)),
                None => {}
            }
        }
        self.refused = Some(if self.errors.is_empty() {
            words::of_problem(problem)
        } else {
            MARKED.to_owned()
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use ticketkit_core::{FieldError, error::Validation};

    use super::*;

    #[test]
    fn messages_go_beside_their_fields_and_none_is_lost() {
        let mut rules = Validation::default();
        rules.add(FieldError::new("must not be empty").field("title"));
        rules.add(FieldError::new("is too long").field("title"));
        rules.add(FieldError::new("must be a currency").field("currency"));
        let form = FormView::new().refused(&Problem::of(&rules), &["title", "price"]);
        assert_eq!(form.errors["title"], ["Must not be empty.", "Is too long."]);
        assert_eq!(form.others, ["currency: must be a currency"]);
        assert!(form.refused.is_some());
    }
}
