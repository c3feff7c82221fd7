//! `/openapi.json` and `/asyncapi.json`: whole in themselves, and true of what the system answers.

mod answers;
mod general;
mod judge;
mod structure;
