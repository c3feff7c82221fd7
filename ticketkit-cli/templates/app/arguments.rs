use std::{ffi::OsString, path::PathBuf};

use crate::{services, settings};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run {
        config: Option<PathBuf>,
        services: Vec<&'static str>,
    },
    /// Prints what a start would change in the databases.
    Check {
        config: Option<PathBuf>,
    },
    Print(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    #[error(
        "unknown argument `{0}`; allowed are --service NAME, --check, --config FILE, \
         --config-reference, --help and --version"
    )]
    Unknown(String),
    #[error("--config needs the path of a TOML file")]
    NoFile,
    #[error("--service needs a service; allowed are {}", services::NAMES.join(", "))]
    NoService,
    #[error("--check looks at all services: leave out --service")]
    CheckOfOne,
    #[error("unknown service `{}`; allowed are {}", .0, services::NAMES.join(", "))]
    UnknownService(String),
}

/// The file that is read where none is named, if it exists.
const DEFAULT_FILE: &str = "{{ project.name }}.toml";

/// What stands before the settings, and what behind them.
const HELP: [&str; 2] = [
    "\
Runs all services in one process, or those that are named.

Usage: {{ project.name }} [--service NAME… | --check] [--config FILE]

  --service NAME      run this service, and no other that is not named too
  --check             print as JSON what a start would change in the databases, change nothing, end
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
    let (mut config, mut services, mut is_check) = (None, Vec::new(), false);
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
            Some("--check") => is_check = true,
            Some("--service") => services.push(service(arguments.next())?),
            _ => return Err(UsageError::Unknown(argument.to_string_lossy().into_owned())),
        }
    }
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists());
    let config = config.or_else(default);
    match (is_check, services.is_empty()) {
        (true, true) => Ok(Command::Check { config }),
        (true, false) => Err(UsageError::CheckOfOne),
        (false, true) => Ok(Command::Run { config, services: services::NAMES.to_vec() }),
        (false, false) => Ok(Command::Run { config, services }),
    }
}

fn service(name: Option<OsString>) -> Result<&'static str, UsageError> {
    let name = name.ok_or(UsageError::NoService)?;
    let known = services::NAMES.iter().copied().find(|known| name == *known);
    known.ok_or_else(|| UsageError::UnknownService(name.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Command, UsageError> {
        read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn arguments_are_read_or_refused() {
        let all = services::NAMES.to_vec();
        let run = Command::Run { config: Some("a.toml".into()), services: all };
        assert_eq!(of(&["--config", "a.toml"]), Ok(run));
        for name in services::NAMES {
            let run = Command::Run { config: Some("a.toml".into()), services: vec![*name] };
            assert_eq!(of(&["--service", name, "--config", "a.toml"]), Ok(run));
            assert_eq!(of(&["--service", name, "--check"]), Err(UsageError::CheckOfOne));
        }
        let check = Command::Check { config: Some("a.toml".into()) };
        assert_eq!(of(&["--check", "--config", "a.toml"]), Ok(check));
        let Ok(Command::Print(help)) = of(&["--help"]) else { panic!("no help") };
        for variable in ["{{ project.shouted }}_ADDR", "RUST_LOG"] {
            assert!(help.contains(variable), "{help}");
        }
        assert_eq!(of(&["--config"]), Err(UsageError::NoFile));
        assert_eq!(of(&["--service"]), Err(UsageError::NoService));
        let unknown = UsageError::UnknownService("none".to_owned());
        assert_eq!(of(&["--service", "none"]), Err(unknown));
        assert_eq!(of(&["--port=3"]), Err(UsageError::Unknown("--port=3".to_owned())));
    }
}
