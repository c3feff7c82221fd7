//! The command line, and the help of each command.

use lexopt::prelude::*;

use crate::failure::{Failure, Result};

const HELP: &str = "\
Development commands of TicketKit

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  test [FILTER]  Run every test of both workspaces, with the servers that they need
  ci             Run all checks: format, clippy, docs, features, packages, licences, tests
  bench NAME     Measure, and compare with peers
  load           Play buyers and sellers against the ticketing system
  screenshots    Take pictures of every page of the ticketing system, for the book
  servers        Start a private PostgreSQL and RabbitMQ and print their addresses

cargo xtask COMMAND --help says more.
";

const TEST: &str = "\
Run every test of both workspaces: unit, integration and documentation tests, and those that plain
`cargo test` counts as ignored because they need a server or a browser.

Usage: cargo xtask test [FILTER] [OPTIONS]

  FILTER         Only tests whose name contains this

Options:
  --no-install   Install nothing; tests whose needs are missing are skipped and named
  --plain        Use `cargo test` even where cargo-nextest is installed
  -h, --help     Print this

What the selected tests need and the machine lacks (PostgreSQL, RabbitMQ, Chromium and its driver)
is installed with apt-get when run as root on Debian. Elsewhere the command to type is printed, the
tests are skipped, and the summary counts them. Servers are started in temporary folders on free
ports only if a selected test needs them, and stopped again.

Environment:
  TICKETKIT_TEST_POSTGRES_URL   Use this PostgreSQL and start none
  TICKETKIT_TEST_AMQP_URL       Use this RabbitMQ and start none

The last line is `N passed, N failed, N skipped`; the exit code is 0 only if nothing failed.
";

const CI: &str = "\
Run all checks of both workspaces and print a table with the result and time of each.

Usage: cargo xtask ci [OPTIONS]

Options:
  --no-install   Install nothing for the tests
  --skip-tests   Only the checks, for a quick look before a commit
  -h, --help     Print this

Steps: format, clippy, docs, features (each library crate with no feature, each feature alone, all),
packages (what would be published, by cargo package), licences and advisories (by cargo-deny;
skipped, and said so, if it is not installed or the list of advisories can't be fetched), tests.
";

const BENCH: &str = "\
Build a benchmark in release, run it, and print one line per figure: name, ours, reference, ratio,
unit.

Usage: cargo xtask bench NAME [OPTIONS]

  NAME           A folder of benches/, such as `core`

Options:
  --json         Print each figure as a JSON object on a line of its own
  -h, --help     Print this

The reference is a peer, the same without ours, or, where it says \"at most\", a bound. The exit code
is 0 only if no bound is exceeded.
";

const SCREENSHOTS: &str = "\
Take pictures of every page of the ticketing system, on a phone and on a desk, in light and dark
colours, and put a sheet of each into docs/src/pages. The pictures themselves, in full size, go to
target/tmp/screenshots/tour. The command fails where a page is not accessible.

Usage: cargo xtask screenshots [OPTIONS]

Options:
  --no-install   Install nothing; say what is missing instead
  -h, --help     Print this
";

const SERVERS: &str = "\
Start a private PostgreSQL and RabbitMQ on free ports in temporary folders, print their addresses
as shell assignments, and stop them on Ctrl-C.

Usage: cargo xtask servers [OPTIONS]

Options:
  --no-install   Install nothing; say what is missing instead
  -h, --help     Print this
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help(&'static str),
    Test(TestOptions),
    Ci(CiOptions),
    Bench(BenchOptions),
    Load(LoadOptions),
    Screenshots(ScreenshotsOptions),
    Servers(ServersOptions),
}

#[derive(Debug, Default)]
pub(crate) struct TestOptions {
    pub(crate) filter: Option<String>,
    pub(crate) no_install: bool,
    pub(crate) plain: bool,
}

#[derive(Debug, Default)]
pub(crate) struct CiOptions {
    pub(crate) no_install: bool,
    pub(crate) skip_tests: bool,
}

#[derive(Debug, Default)]
pub(crate) struct BenchOptions {
    pub(crate) name: Option<String>,
    pub(crate) json: bool,
}

#[derive(Debug, Default)]
pub(crate) struct LoadOptions {
    /// What the driver reads itself, its help included.
    pub(crate) arguments: Vec<std::ffi::OsString>,
}

#[derive(Debug, Default)]
pub(crate) struct ScreenshotsOptions {
    pub(crate) no_install: bool,
}

#[derive(Debug, Default)]
pub(crate) struct ServersOptions {
    pub(crate) no_install: bool,
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(format!("{error}; see cargo xtask --help"))
    }
}

/// Reads the command line of this process.
pub(crate) fn parse() -> Result<Command> {
    parse_from(lexopt::Parser::from_env())
}

fn parse_from(mut args: lexopt::Parser) -> Result<Command> {
    match args.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Command::Help(HELP)),
        Some(Value(name)) => match name.string()?.as_str() {
            "test" => test(args),
            "ci" => ci(args),
            "bench" => bench(args),
            "load" => load(args),
            "screenshots" => screenshots(args),
            "servers" => servers(args),
            "help" => Ok(Command::Help(HELP)),
            other => Err(Failure::Usage(format!(
                "no command `{other}`; there are test, ci, bench, load, screenshots and servers"
            ))),
        },
        Some(other) => Err(other.unexpected().into()),
    }
}

fn test(mut args: lexopt::Parser) -> Result<Command> {
    let mut options = TestOptions::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help(TEST)),
            Long("no-install") => options.no_install = true,
            Long("plain") => options.plain = true,
            Value(filter) if options.filter.is_none() => options.filter = Some(filter.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Test(options))
}

fn ci(mut args: lexopt::Parser) -> Result<Command> {
    let mut options = CiOptions::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help(CI)),
            Long("no-install") => options.no_install = true,
            Long("skip-tests") => options.skip_tests = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Ci(options))
}

fn bench(mut args: lexopt::Parser) -> Result<Command> {
    let mut options = BenchOptions::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help(BENCH)),
            Long("json") => options.json = true,
            Value(name) if options.name.is_none() => options.name = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Bench(options))
}

fn load(mut args: lexopt::Parser) -> Result<Command> {
    let arguments = args.raw_args()?.collect();
    Ok(Command::Load(LoadOptions { arguments }))
}

fn screenshots(mut args: lexopt::Parser) -> Result<Command> {
    let mut options = ScreenshotsOptions::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help(SCREENSHOTS)),
            Long("no-install") => options.no_install = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Screenshots(options))
}

fn servers(mut args: lexopt::Parser) -> Result<Command> {
    let mut options = ServersOptions::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help(SERVERS)),
            Long("no-install") => options.no_install = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Servers(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Command> {
        parse_from(lexopt::Parser::from_args(args))
    }

    #[test]
    fn a_test_run_takes_one_filter_and_its_flags() {
        let Ok(Command::Test(options)) = parsed(&["test", "--no-install", "buy", "--plain"]) else {
            panic!("must be understood");
        };
        assert_eq!(options.filter.as_deref(), Some("buy"));
        assert!(options.no_install && options.plain);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for args in [&["tset"][..], &["test", "a", "b"], &["ci", "--fast"], &["--version"]] {
            let Err(Failure::Usage(message)) = parsed(args) else {
                panic!("{args:?} must be refused");
            };
            let odd = args.last().expect("each case has one").trim_start_matches('-');
            assert!(message.contains(odd), "{message}");
        }
    }

    #[test]
    fn the_load_driver_reads_its_arguments_itself() {
        let Ok(Command::Load(options)) = parsed(&["load", "--people", "5", "--help"]) else {
            panic!("must be understood");
        };
        assert_eq!(options.arguments, ["--people", "5", "--help"]);
    }

    #[test]
    fn every_command_has_help() {
        for args in [
            &[][..],
            &["--help"],
            &["test", "-h"],
            &["bench", "-h"],
            &["screenshots", "-h"],
            &["servers", "-h"],
        ] {
            assert!(matches!(parsed(args), Ok(Command::Help(_))), "{args:?}");
        }
    }
}
