//! The ticketing system: `cargo ticketing` runs all services in one process, `--service` runs one,
//! and `--distributed` starts a process for each.
//!
//! - [`arguments`]: the command line.
//! - [`settings`]: the configuration, from a TOML file and the environment.
//! - [`service`]: the services by name, and which path is whose.
//! - [`process`]: one run, from its start to the drain; [`error`]: why there is none.
//! - [`parts`]: the services of the process put together.
//! - [`storage`]: where they keep their data; [`folder`]: the data folder, which one process has at
//!   a time; [`alone`]: the same for databases on a server.
//! - [`stripe`]: who moves the money, by the settings.
//! - [`callers`]: how they find out who is asking.
//! - [`peers`]: services that run elsewhere.
//! - [`mod@distributed`]: a process for each service, and what they need.
//! - [`keys`]: turns the keys of the auth service over.
//! - [`probe`]: asks a process whether it is ready.
//! - [`dispatch`]: leads requests to the services of the process.
//! - [`forwarded`]: the address of the client behind proxies.
//! - [`documents`]: `/openapi.json` and `/asyncapi.json`.

mod alone;
mod arguments;
mod callers;
mod dispatch;
mod distributed;
mod documents;
mod error;
mod folder;
mod forwarded;
mod keys;
mod parts;
mod peers;
mod probe;
mod process;
mod service;
mod settings;
mod storage;
mod stripe;

use std::{error::Error, num::NonZeroUsize, path::Path, process::ExitCode, time::Duration};

use ticketkit_core::chassis::{config, logs};

use crate::{arguments::Command, keys::Turn, service::Service, settings::Settings};

/// How long what cannot be cut may go on.
const LAST_WAIT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let command = match arguments::read(std::env::args_os().skip(1)) {
        Ok(Command::Print(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Ok(command) => command,
        Err(error) => return refuse(&error, 2),
    };
    logs::init(settings::LOG_LEVELS);
    let file = command.config();
    let settings = match config::settings::<Settings>(settings::PREFIX, file) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error, 2),
    };
    let ended = match command {
        Command::Distributed { ref config, instances } => {
            distributed(&settings, config.as_deref(), instances)
        }
        Command::Run { service, .. } => run(settings, service),
        Command::Migrate { service, .. } => migrate(settings, service),
        Command::MakeKeys(folder) => make_keys(&folder),
        Command::Keys { folder, turn } => turn_keys(&folder, &turn),
        Command::Check { .. } => check(&settings),
        Command::Print(_) => Ok(()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&*error, 1),
    }
}

/// Runs all services, or one, in this process.
fn run(settings: Settings, service: Option<Service>) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(process::run(settings, service));
    if let Ok(farewell) = &ended {
        farewell.log();
    }
    // What blocks a thread for ever does not keep the process.
    runtime.shutdown_timeout(LAST_WAIT);
    Ok(ended.map(drop)?)
}

/// Prepares what the services stand on, for all services or one.
fn migrate(settings: Settings, service: Option<Service>) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(process::prepare(settings, service));
    runtime.shutdown_timeout(LAST_WAIT);
    Ok(ended?)
}

fn make_keys(folder: &Path) -> Result<(), Box<dyn Error>> {
    ticketing_auth::Keys::open(folder)?;
    println!("the keys are in {}", folder.display());
    Ok(())
}

fn turn_keys(folder: &Path, turn: &Turn) -> Result<(), Box<dyn Error>> {
    print!("{}", turn.run(folder)?);
    Ok(())
}

fn check(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ready = runtime.block_on(probe::is_ready(settings.addr.0));
    ready.map_err(|error| error as Box<dyn Error>)?;
    println!("ready");
    Ok(())
}

/// Runs each service in a process of its own.
fn distributed(
    settings: &Settings,
    config: Option<&Path>,
    instances: NonZeroUsize,
) -> Result<(), Box<dyn Error>> {
    let backing = distributed::prepare(settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(distributed::run(settings, config, instances, &backing));
    runtime.shutdown_timeout(LAST_WAIT);
    Ok(ended?)
}

/// Says in one sentence why the process does not run.
fn refuse(error: &dyn Error, code: u8) -> ExitCode {
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
