//! `cargo ticketkit`: the command line of TicketKit.
//!
//! Every command that writes works in the same three steps:
//!
//! - [`answers`]: what a project was asked to be is in its `ticketkit.toml`. A command changes that.
//! - [`render`]: the whole project is rendered from the answers.
//! - [`plan`]: what was generated last, what is on the disk and what is generated now are merged.
//! - [`journal`]: the result is written as one: all of it or nothing.
//!
//! | module | what is in it |
//! |---|---|
//! | [`cli`] | the arguments |
//! | [`names`], [`field`] | what a person types, and what of it is allowed |
//! | [`project`] | [`Project`](project::Project): a project on the disk, found and locked |
//! | [`commands`] | one module a command |
//! | [`readiness`] | what a running process says of itself |
//! | [`git`] | what is not committed |
//! | [`doctor`] | what stands in the way of a project |
//! | [`dev`] | programs built, run and restarted |
//! | [`report`], [`failure`] | what a command says at its end |

mod answers;
mod cli;
mod commands;
#[cfg(unix)]
mod dev;
mod doctor;
mod failure;
mod field;
mod git;
mod journal;
mod names;
mod plan;
mod project;
mod readiness;
mod render;
mod report;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, Parser, error::ErrorKind};

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    report::Report,
};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let asked_json = arguments.iter().any(|argument| argument == "--json");
    let cli = match Cli::try_parse_from(without_cargo(arguments)) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, asked_json),
    };
    #[cfg(unix)]
    if let Some(Command::Guard { command }) = &cli.command {
        let code =
            dev::guard::run(command).unwrap_or_else(|error| report::print_failure(&error, false));
        return ExitCode::from(code);
    }
    let code = match run(&cli) {
        Ok(report) => report.print(cli.json),
        Err(failure) => report::print_failure(&failure, cli.json),
    };
    ExitCode::from(code)
}

fn run(cli: &Cli) -> Result<Report, Failure> {
    match &cli.command {
        None => {
            // A pipe that is closed early is no failure of ours.
            drop(Cli::command().print_help());
            Ok(Report::new("help"))
        }
        Some(Command::New(new)) => commands::new::run(&cli.project, new),
        Some(Command::Add { what, how }) => commands::add::run(&cli.project, what, how),
        Some(Command::Remove { what, force, how }) => {
            commands::remove::run(&cli.project, what, *force, how)
        }
        Some(Command::Status) => commands::status::run(&cli.project),
        Some(Command::Update(how)) => commands::update::run(&cli.project, how),
        Some(Command::Dev(dev)) => commands::dev::run(&cli.project, dev, cli.json),
        Some(Command::Doctor) => commands::doctor::run(&cli.project),
        Some(Command::Guard { .. }) => Ok(Report::new("guard")),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(
                *shell,
                &mut Cli::command(),
                "cargo-ticketkit",
                &mut std::io::stdout(),
            );
            Ok(Report::new("completions"))
        }
    }
}

/// Cargo calls `cargo-ticketkit ticketkit …` for `cargo ticketkit …`.
fn without_cargo(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|argument| argument == "ticketkit") {
        arguments.remove(1);
    }
    arguments
}

/// Prints help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error, as_json: bool) -> ExitCode {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // A pipe that is closed early is no failure of ours.
    drop(error.print());
    if is_answer {
        return ExitCode::SUCCESS;
    }
    if as_json {
        let text = error.render().to_string();
        let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        println!("{}", serde_json::json!({ "ok": false, "error": sentence }));
    }
    ExitCode::from(2)
}
