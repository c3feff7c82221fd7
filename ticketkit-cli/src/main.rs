//! `cargo ticketkit`: the command line of TicketKit.
//!
//! It has no commands yet. What it has is the frame that they will stand in: it can be called
//! directly or by cargo, help goes to standard output, complaints to standard error, and bad usage
//! ends with the exit code 2.

use std::{ffi::OsString, process::ExitCode};

const HELP: &str = "\
Scaffolds services and events of TicketKit, and keeps them current

Usage: cargo ticketkit [OPTIONS]

Commands:
  (none in this version)

Options:
  -h, --help     Print this
  -V, --version  Print the version
";

/// The exit code of bad usage.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match answer(std::env::args_os().skip(1)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(complaint) => {
            eprintln!("error: {complaint}");
            ExitCode::from(USAGE)
        }
    }
}

/// Returns what to print for these arguments.
fn answer(args: impl Iterator<Item = OsString>) -> Result<String, String> {
    let mut args = args.peekable();
    // Cargo calls `cargo-ticketkit ticketkit …` for `cargo ticketkit …`.
    args.next_if(|arg| arg == "ticketkit");
    let Some(first) = args.next() else { return Ok(HELP.to_owned()) };
    let text = match first.to_str() {
        Some("-h" | "--help") => HELP.to_owned(),
        Some("-V" | "--version") => format!("cargo-ticketkit {}\n", env!("CARGO_PKG_VERSION")),
        _ => {
            let first = first.to_string_lossy();
            return Err(format!(
                "no command or option `{first}`; this version has --help and --version"
            ));
        }
    };
    match args.next() {
        None => Ok(text),
        Some(more) => Err(format!("unexpected argument `{}`", more.to_string_lossy())),
    }
}
