//! The program as a person or a pipeline meets it.

mod adding;
mod answering;
mod generated;
mod interrupted;
mod making;
mod merging;
mod removing;
mod support;
mod usage;
