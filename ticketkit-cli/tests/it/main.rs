//! The program as a person or a pipeline meets it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adding;
mod answering;
#[cfg(unix)]
mod dev;
#[cfg(unix)]
mod dev_services;
#[cfg(unix)]
mod doctor;
mod earlier;
mod example;
#[cfg(unix)]
mod first_hour;
mod generated;
#[cfg(unix)]
mod hostile;
mod interrupted;
mod making;
mod matrix;
mod merging;
mod packaged;
mod removing;
#[cfg(unix)]
mod running;
mod support;
mod usage;
