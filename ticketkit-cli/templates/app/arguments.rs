use std::{ffi::OsString, path::PathBuf};

use crate::settings;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run { config: Option<PathBuf> },
    Print(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    #[error(
        "unknown argument `{0}`; allowed are --config FILE, --config-reference, --help and \
         --version"
    )]
    Unknown(String),
    #[error("--config needs the path of a TOML file")]
    NoFile,
}

/// The file that is read where none is named, if it exists.
const DEFAULT_FILE: &str = "{{ project.name }}.toml";

/// What stands before the settings, and what behind them.
const HELP: [&str; 2] = [
    "\
Runs all services in one process.

Usage: {{ project.name }} [--config FILE]

  --config FILE       read this TOML file (default: ./{{ project.name }}.toml, where there is one)
  --config-reference  print all settings as a table in Markdown
  --help              print this
  --version           print the version

The environment wins over the file. In the file the keys are the same without the
prefix, in small letters.

",
    "
Ctrl-C or SIGTERM drains and ends; a second one ends it at once.",
];

pub(crate) fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut config = None;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => {
                return Ok(Command::Print(HELP.join(&settings::reference().to_help())));
            }
            Some("--config-reference") => {
                let table = settings::reference().to_markdown();
                return Ok(Command::Print(table.trim_end().to_owned()));
            }
            Some("--version" | "-V") => {
                let version = concat!("{{ project.name }} ", env!("CARGO_PKG_VERSION"));
                return Ok(Command::Print(version.to_owned()));
            }
            Some("--config") => match arguments.next() {
                Some(file) if !file.is_empty() => config = Some(PathBuf::from(file)),
                _ => return Err(UsageError::NoFile),
            },
            _ => return Err(UsageError::Unknown(argument.to_string_lossy().into_owned())),
        }
    }
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists());
    Ok(Command::Run { config: config.or_else(default) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Command, UsageError> {
        read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn arguments_are_read_or_refused() {
        assert_eq!(of(&["--config", "a.toml"]), Ok(Command::Run { config: Some("a.toml".into()) }));
        let Ok(Command::Print(help)) = of(&["--help"]) else { panic!("no help") };
        assert!(help.contains("{{ project.shouted }}_ADDR") && help.contains("RUST_LOG"), "{help}");
        assert_eq!(of(&["--config"]), Err(UsageError::NoFile));
        assert_eq!(of(&["--port=3"]), Err(UsageError::Unknown("--port=3".to_owned())));
    }
}
