use std::{
    ffi::OsString,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use crate::{keys::Turn, service::Service, settings};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Runs all services in this process, or one.
    Run {
        config: Option<PathBuf>,
        service: Option<Service>,
    },
    /// Brings databases up to date and declares subscriptions, for all services or one, and ends.
    Migrate {
        config: Option<PathBuf>,
        service: Option<Service>,
    },
    /// Makes the keys of the auth service in a folder.
    MakeKeys(PathBuf),
    /// Lists the signing keys of a folder, or changes them.
    Keys {
        folder: PathBuf,
        turn: Turn,
    },
    /// Asks the process that listens at the address of the settings whether it is ready.
    Check {
        config: Option<PathBuf>,
    },
    /// Starts a process for each service, and what they need.
    Distributed {
        config: Option<PathBuf>,
        instances: NonZeroUsize,
    },
    Print(String),
}

impl Command {
    /// The TOML file to read.
    pub(crate) fn config(&self) -> Option<&Path> {
        match self {
            Self::Run { config, .. }
            | Self::Migrate { config, .. }
            | Self::Check { config }
            | Self::Distributed { config, .. } => config.as_deref(),
            Self::MakeKeys(_) | Self::Keys { .. } | Self::Print(_) => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    #[error(
        "unknown argument `{0}`; allowed are --service NAME, --migrate, --distributed, \
         --instances N, --check, --make-keys FOLDER, --keys FOLDER, --config FILE, \
         --config-reference, --help and --version"
    )]
    Unknown(String),
    #[error("--config needs the path of a TOML file")]
    NoFile,
    #[error("--service needs a name: {0}")]
    Service(String),
    #[error("--instances needs a whole number from 1 to {MOST_INSTANCES}")]
    Instances,
    #[error("--instances is for --distributed")]
    InstancesOfWhat,
    #[error("--make-keys needs the path of a folder")]
    NoFolder,
    #[error(
        "--keys needs the path of a folder, and behind it nothing, add, promote KID, remove KID, \
         promote-now KID or remove-now KID"
    )]
    Keys,
    #[error("{0} and {1} exclude each other")]
    Both(&'static str, &'static str),
}

/// More than this on one machine is a slip of the finger.
const MOST_INSTANCES: usize = 16;

/// The file that is read where none is named, if it exists.
const DEFAULT_FILE: &str = "ticketing.toml";

/// What stands before the settings, and what behind them.
const HELP: [&str; 2] = [
    "\
The TicketKit ticket marketplace: all services in one process, on embedded defaults.

Usage: cargo ticketing [--service NAME | --distributed [--instances N]] [OPTIONS]

  --service NAME      run one service alone: auth, tickets, orders, payments, expiration or web.
                      It needs TICKETING_EVENTS_URL
  --distributed       start a process for each service behind one address, on PostgreSQL and
                      RabbitMQ; both are started too where the settings name none
  --instances N       with --distributed: so many processes of each service (default: 1)
  --migrate           bring the databases up to date and declare the subscriptions, of all services
                      or of the one that --service names, and end: before new versions start
  --check             ask the process at TICKETING_ADDR whether it is ready, and end: for probes
                      where there is no other client
  --make-keys FOLDER  make the keys of the auth service there, unless there are some, and end
  --keys FOLDER [add | promote KID | remove KID]
                      list its signing keys; or publish a new one, let it sign, or remove the one
                      that signed before it. What is too early for those who verify is refused and
                      says for how long; promote-now and remove-now do it, for a key that leaked
  --config FILE       read this TOML file (default: ./ticketing.toml, where there is one)
  --config-reference  print all settings as a table in Markdown
  --help              print this
  --version           print the version

The environment wins over the file. In the file the keys are the same without the
prefix, in small letters (hold_seconds = 900).

",
    "
Ctrl-C or SIGTERM drains and ends; a second one ends it at once.",
];

pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Command, UsageError> {
    let (mut config, mut service, mut instances) = (None, None, None);
    // What is to be done beside running services in this process.
    let mut tasks = Vec::new();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => {
                let settings = settings::reference().to_help();
                return Ok(Command::Print(HELP.join(&settings)));
            }
            Some("--config-reference") => {
                let table = settings::reference().to_markdown();
                return Ok(Command::Print(table.trim_end().to_owned()));
            }
            Some("--version" | "-V") => {
                let version = concat!("ticketing ", env!("CARGO_PKG_VERSION"));
                return Ok(Command::Print(version.to_owned()));
            }
            Some("--config") => match arguments.next() {
                Some(file) if !file.is_empty() => config = Some(PathBuf::from(file)),
                _ => return Err(UsageError::NoFile),
            },
            Some("--service") => {
                let name = arguments.next().unwrap_or_default();
                let named = name.to_string_lossy().parse().map_err(UsageError::Service)?;
                service = Some(named);
            }
            Some("--distributed") => tasks.push("--distributed"),
            Some("--migrate") => tasks.push("--migrate"),
            Some("--check") => tasks.push("--check"),
            Some("--make-keys") => match arguments.next() {
                Some(folder) if !folder.is_empty() => {
                    return Ok(Command::MakeKeys(PathBuf::from(folder)));
                }
                _ => return Err(UsageError::NoFolder),
            },
            Some("--keys") => {
                let folder = arguments.next().filter(|folder| !folder.is_empty());
                let folder = PathBuf::from(folder.ok_or(UsageError::Keys)?);
                let turn = Turn::read(arguments).ok_or(UsageError::Keys)?;
                return Ok(Command::Keys { folder, turn });
            }
            Some("--instances") => {
                let count = arguments.next().and_then(|count| count.to_str()?.parse().ok());
                let count = count.filter(|count: &NonZeroUsize| count.get() <= MOST_INSTANCES);
                instances = Some(count.ok_or(UsageError::Instances)?);
            }
            _ => return Err(UsageError::Unknown(argument.to_string_lossy().into_owned())),
        }
    }
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists());
    let config = config.or_else(default);
    if let [first, second, ..] = *tasks {
        return Err(UsageError::Both(first, second));
    }
    let task = tasks.first().copied();
    if instances.is_some() && task != Some("--distributed") {
        return Err(UsageError::InstancesOfWhat);
    }
    match (task, service) {
        (Some(task @ ("--distributed" | "--check")), Some(_)) => {
            Err(UsageError::Both("--service", task))
        }
        (Some("--distributed"), None) => {
            Ok(Command::Distributed { config, instances: instances.unwrap_or(NonZeroUsize::MIN) })
        }
        (Some("--check"), None) => Ok(Command::Check { config }),
        (Some(_), service) => Ok(Command::Migrate { config, service }),
        (None, service) => Ok(Command::Run { config, service }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Command, UsageError> {
        read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn arguments_are_read_or_refused() {
        let config = Some(PathBuf::from("a.toml"));
        let run = |service| Ok(Command::Run { config: config.clone(), service });
        assert_eq!(of(&["--config", "a.toml"]), run(None));
        assert_eq!(of(&["--service", "web", "--config", "a.toml"]), run(Some(Service::Web)));
        let instances = NonZeroUsize::new(3).unwrap();
        let arguments = ["--distributed", "--instances", "3", "--config", "a.toml"];
        assert_eq!(of(&arguments), Ok(Command::Distributed { config: config.clone(), instances }));
        let arguments = ["--migrate", "--service", "orders", "--config", "a.toml"];
        let config = Some(PathBuf::from("a.toml"));
        assert_eq!(
            of(&arguments),
            Ok(Command::Migrate { config: config.clone(), service: Some(Service::Orders) })
        );
        assert_eq!(of(&["--check", "--config", "a.toml"]), Ok(Command::Check { config }));
        assert_eq!(of(&["--make-keys", "k"]), Ok(Command::MakeKeys("k".into())));
        let keys = |turn| Ok(Command::Keys { folder: "k".into(), turn });
        assert_eq!(of(&["--keys", "k"]), keys(Turn::None));
        assert_eq!(of(&["--keys", "k", "add"]), keys(Turn::Add));
        let kid = "a".to_owned();
        assert_eq!(of(&["--keys", "k", "promote", "a"]), keys(Turn::Promote { kid, now: false }));
        let kid = "a".to_owned();
        assert_eq!(of(&["--keys", "k", "remove-now", "a"]), keys(Turn::Remove { kid, now: true }));

        let Ok(Command::Print(help)) = of(&["--help"]) else { panic!("no help") };
        assert!(help.contains("TICKETING_ADDR") && help.contains("RUST_LOG"), "{help}");
        let Ok(Command::Print(table)) = of(&["--config-reference"]) else { panic!("no table") };
        assert!(table.starts_with("| name |"), "{table}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(of(&["--config"]), Err(UsageError::NoFile));
        assert_eq!(of(&["--port=3"]), Err(UsageError::Unknown("--port=3".to_owned())));
        for (arguments, first, second) in [
            (&["--service", "web", "--distributed"][..], "--service", "--distributed"),
            (&["--check", "--service", "web"], "--service", "--check"),
            (&["--migrate", "--check"], "--migrate", "--check"),
        ] {
            assert_eq!(of(arguments), Err(UsageError::Both(first, second)));
        }
        assert_eq!(of(&["--make-keys"]), Err(UsageError::NoFolder));
        for words in [&["--keys"][..], &["--keys", "k", "promote"], &["--keys", "k", "add", "a"]] {
            assert_eq!(of(words), Err(UsageError::Keys), "{words:?}");
        }
        assert_eq!(of(&["--instances", "2"]), Err(UsageError::InstancesOfWhat));
        for count in ["0", "-1", "17", "two", ""] {
            let refused = of(&["--distributed", "--instances", count]);
            assert_eq!(refused, Err(UsageError::Instances), "{count}");
        }
        for arguments in [&["--service"][..], &["--service", "cart"]] {
            let error = of(arguments).unwrap_err().to_string();
            assert!(error.contains("expiration"), "{error}");
        }
    }
}
