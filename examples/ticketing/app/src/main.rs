//! The whole ticketing system in one process: `cargo ticketing`.
//!
//! - [`arguments`]: the command line.
//! - [`settings`]: the configuration, from a TOML file and the environment.
//! - [`folder`]: the data folder, which one process has at a time.
//! - [`process`]: the services put together, from their start to the drain.
//! - [`dispatch`]: which path belongs to which service.
//! - [`documents`]: `/openapi.json` and `/asyncapi.json`, of all services.
//! - [`events_admin`]: what administrators see of the events.

mod arguments;
mod dispatch;
mod documents;
mod events_admin;
mod folder;
mod process;
mod settings;

use std::{process::ExitCode, time::Duration};

use ticketkit_core::chassis::{config, logs};

use crate::{arguments::Command, settings::Settings};

/// How long what cannot be cut may go on.
const LAST_WAIT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let file = match arguments::read(std::env::args_os().skip(1)) {
        Ok(Command::Run { config }) => config,
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
    let code = match runtime.block_on(process::run(settings)) {
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
    let mut text = format!("ticketing: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    eprintln!("{text}");
    ExitCode::from(code)
}
