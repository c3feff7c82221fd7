//! {{ project.human | capitalize }} in one process, or in several: `cargo run`.
//!
//! - [`arguments`]: the command line.
//! - [`settings`]: the configuration, from a TOML file and the environment.
{% if project.sqlite %}
//! - [`folder`]: the data folder, and who may use it.
{% endif %}
//! - [`storage`]: where the rows, the events{% if project.auth %} and the keys{% endif %} are.
//! - [`check`]: what a start would change in the databases.
//! - [`process`]: from the start to the drain.
//! - [`services`]: the services put together.
//! - [`dispatch`]: which path belongs to which service.
//! - [`documents`]: `/openapi.json`{% if project.events %} and `/asyncapi.json`{% endif %}, of all services.

mod arguments;
mod check;
{% if project.postgres %}
mod database_url;
{% endif %}
mod dispatch;
mod documents;
{% if project.sqlite %}
mod folder;
{% endif %}
mod process;
mod services;
mod settings;
mod storage;

use std::{process::ExitCode, time::Duration};

use ticketkit_core::chassis::{config, logs};

use crate::{arguments::Command, settings::Settings};

/// How long what cannot be cut may go on.
const LAST_WAIT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let (file, services) = match arguments::read(std::env::args_os().skip(1)) {
        Ok(Command::Run { config, services }) => (config, Some(services)),
        Ok(Command::Check { config }) => (config, None),
        Ok(Command::Print(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&error, 2),
    };
    logs::init(settings::LOG_LEVELS);
    let settings = match config::settings::<Settings>(settings::PREFIX, file.as_deref()) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error, 2),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error, 1),
    };
    let Some(services) = services else {
        return match runtime.block_on(check::document(&settings)) {
            Ok(document) => {
                println!("{document}");
                ExitCode::SUCCESS
            }
            Err(error) => refuse(&error, 1),
        };
    };
    let code = match runtime.block_on(process::run(settings, services)) {
        Ok(farewell) => {
            farewell.log();
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&error, 1),
    };
    // What blocks a thread for ever does not keep the process.
    runtime.shutdown_timeout(LAST_WAIT);
    code
}

/// Says in one sentence why the process does not run.
fn refuse(error: &dyn std::error::Error, code: u8) -> ExitCode {
    let mut text = format!("{{ project.name }}: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    eprintln!("{text}");
    ExitCode::from(code)
}
