//! `cargo xtask test`: every test of both workspaces, with what they need.
//!
//! Everything is built first and the tests that need more than a compiler are listed, so that only
//! what the selected ones need is installed and started. Then each workspace is run, then the
//! examples in the documentation, and one [`Summary`] counts all of it.

mod libtest;
mod nextest;
mod summary;

use std::{
    collections::BTreeSet,
    process::{Command, ExitCode},
};

use self::summary::Counts;
pub(crate) use self::summary::Summary;
use crate::{
    cli::TestOptions,
    failure::{Failure, Result},
    install,
    needs::{Catalog, Need, Needs},
    process,
    servers::Servers,
    workspace::{self, Workspace},
};

/// The selection that every command on the tests shares. Another one would give the dependencies
/// other features, and build them once more.
const SELECTION: [&str; 2] = ["--workspace", "--all-features"];

/// The services whose suites run a second time, on PostgreSQL, where transactions run beside each
/// other: the variable tells them.
const SERVICES: [&str; 5] = [
    "ticketing-auth",
    "ticketing-tickets",
    "ticketing-orders",
    "ticketing-payments",
    "ticketing-expiration",
];
const ON_POSTGRES: (&str, &str) = ("TICKETING_TEST_DATABASE", "postgres");

/// `cargo xtask test` on its own: runs, sums up, and ends with the line that says how it went.
pub(crate) fn run(options: &TestOptions) -> Result<ExitCode> {
    let mut summary = Summary::begin();
    let result = run_into(options, &mut summary);
    if let Err(Failure::Message(message)) = &result {
        eprintln!("error: {message}");
        summary.add("setup", Counts::broken());
    }
    if matches!(result, Err(Failure::Interrupted)) {
        eprintln!("interrupted; what had not ended is not counted");
    }
    if summary.is_empty() && result.is_ok() {
        let filter = options.filter.as_deref().unwrap_or_default();
        eprintln!("error: no test has `{filter}` in its name");
        summary.add("setup", Counts::broken());
    }
    summary.print();
    match result {
        Err(interrupted @ Failure::Interrupted) => Err(interrupted),
        _ if summary.succeeded() => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}

/// Runs the tests and adds what came of each part to the summary.
pub(crate) fn run_into(options: &TestOptions, summary: &mut Summary) -> Result<()> {
    let runner = Runner::choose(options)?;
    let mut built = Vec::new();
    let mut special = Vec::new();
    for workspace in Workspace::ALL {
        println!("== building the tests of {}", workspace.name());
        if process::run(&mut build(workspace))? {
            special.extend(runner.ignored(workspace, options.filter.as_deref())?);
            built.push(workspace);
        } else {
            summary.add(format!("{} (does not build)", workspace.name()), Counts::broken());
        }
    }

    let catalog = Catalog::read()?;
    let mut needs = Needs::default();
    for test in &special {
        needs.add(&catalog.of(test));
    }
    let wanted = not_given(&needs);
    let missing = match install::ensure(&wanted, options.no_install) {
        // The rest can still be tested, but this machine was to have what it now lacks.
        Err(Failure::Message(message)) => {
            eprintln!("error: {message}");
            summary.add("installing", Counts::broken());
            install::missing(&wanted)
        }
        other => other?,
    };
    let left_out: Vec<String> = special
        .into_iter()
        .filter(|test| !catalog.of(test).programs.is_disjoint(&missing))
        .collect();
    let running: BTreeSet<Need> = needs
        .running
        .into_iter()
        .filter(|need| need.is_server() && !missing.contains(need) && !Servers::given(*need))
        .collect();
    if !running.is_empty() {
        println!("== starting {}", install::list(&running));
    }
    let servers = Servers::start(&running)?;

    for workspace in built {
        println!("== running the tests of {}", workspace.name());
        let counts = runner.run(workspace, options.filter.as_deref(), &left_out, &servers)?;
        summary.add(workspace.name(), counts);
        if workspace == Workspace::Ticketing && servers.has(Need::Postgres) {
            println!("== running the tests of the services on PostgreSQL");
            let counts = runner.run_services(options.filter.as_deref(), &servers)?;
            summary.add("services on PostgreSQL", counts);
        }
        println!("== running the examples in the documentation of {}", workspace.name());
        let counts = libtest::run_docs(workspace, options.filter.as_deref(), &servers)?;
        summary.add(format!("{} (documentation)", workspace.name()), counts);
    }
    if !left_out.is_empty() {
        summary.skip(left_out, install::list(&missing), install::advice(&missing));
    }
    Ok(())
}

/// Builds the tests, and in the same go the programs: built by themselves they would get other
/// features, and every crate of ours would be built twice.
fn build(workspace: Workspace) -> Command {
    let mut command = workspace.cargo(&["build", "--tests", "--bins", "--examples"]);
    command.args(SELECTION);
    command
}

/// Tells the tests of the whole system where it was built, so that not each of them builds it.
fn tell_binary(command: &mut Command) {
    let binary = workspace::target().join("debug/ticketing");
    if binary.exists() {
        command.env("TICKETING_TEST_BINARY", binary);
    }
}

/// Returns the programs that have to be on this machine: a server that the environment names may
/// run elsewhere.
fn not_given(needs: &Needs) -> BTreeSet<Need> {
    let given = |need: &Need| needs.running.contains(need) && Servers::given(*need);
    needs.programs.iter().copied().filter(|need| !given(need)).collect()
}

/// What runs the tests: both run the same ones.
#[derive(Clone, Copy, Debug)]
enum Runner {
    Nextest,
    Plain,
}

impl Runner {
    fn choose(options: &TestOptions) -> Result<Self> {
        if options.plain {
            return Ok(Self::Plain);
        }
        let mut version = Workspace::Crates.cargo(&["nextest", "--version"]);
        version.stderr(std::process::Stdio::null());
        let (status, _) = process::output(&mut version)?;
        Ok(if status.success() { Self::Nextest } else { Self::Plain })
    }

    /// Returns the names of the selected tests that plain `cargo test` ignores.
    fn ignored(self, workspace: Workspace, filter: Option<&str>) -> Result<Vec<String>> {
        match self {
            Self::Nextest => nextest::ignored(workspace, filter),
            Self::Plain => libtest::ignored(workspace, filter),
        }
    }

    fn run(
        self,
        workspace: Workspace,
        filter: Option<&str>,
        left_out: &[String],
        servers: &Servers,
    ) -> Result<Counts> {
        match self {
            Self::Nextest => nextest::run(workspace, filter, left_out, servers),
            Self::Plain => libtest::run(workspace, filter, left_out, servers),
        }
    }

    /// Runs the tests of the services once more, on PostgreSQL.
    fn run_services(self, filter: Option<&str>, servers: &Servers) -> Result<Counts> {
        match self {
            Self::Nextest => nextest::run_services(filter, servers),
            Self::Plain => libtest::run_services(filter, servers),
        }
    }
}
