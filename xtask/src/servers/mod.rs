//! Private PostgreSQL and RabbitMQ instances, on free ports and in temporary folders.
//!
//! Each is a guard: dropping it stops the server and removes its folder, on success, failure and
//! Ctrl-C alike. `TICKETKIT_TEST_POSTGRES_URL` and `TICKETKIT_TEST_AMQP_URL` name servers to use
//! instead; under the same names tests read the addresses of those that were started.

mod folder;
mod port;
mod postgres;
mod rabbitmq;

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, ExitCode},
    thread,
    time::{Duration, Instant},
};

use crate::{
    cli::ServersOptions,
    failure::{Failure, Result},
    install,
    needs::Need,
    process::Group,
    signals,
};

const POLL: Duration = Duration::from_millis(50);

/// The servers that run, and where.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    addresses: Vec<(&'static str, String)>,
    postgres: Option<postgres::Postgres>,
    rabbitmq: Option<rabbitmq::RabbitMq>,
}

impl Servers {
    /// Returns whether the environment names a server to use for `need`.
    pub(crate) fn given(need: Need) -> bool {
        let name = match need {
            Need::Postgres => postgres::VARIABLE,
            Need::RabbitMq => rabbitmq::VARIABLE,
            Need::Chromium => return false,
        };
        std::env::var_os(name).is_some_and(|url| !url.is_empty())
    }

    /// Starts the servers among `needs`, but for those that the environment names.
    pub(crate) fn start(needs: &BTreeSet<Need>) -> Result<Self> {
        let mut servers = Self::default();
        let wanted = |need| needs.contains(&need) && !Self::given(need);
        // The slower one boots while the other is set up.
        if wanted(Need::RabbitMq) {
            servers.rabbitmq = Some(rabbitmq::RabbitMq::launch()?);
        }
        if wanted(Need::Postgres) {
            let postgres = servers.postgres.insert(postgres::Postgres::launch()?);
            postgres.wait()?;
            servers.addresses.push((postgres::VARIABLE, postgres.url()));
        }
        if let Some(rabbitmq) = &mut servers.rabbitmq {
            rabbitmq.wait()?;
            servers.addresses.push((rabbitmq::VARIABLE, rabbitmq.url()));
        }
        Ok(servers)
    }

    /// Tells a command the addresses, through its environment.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.envs(self.addresses.iter().map(|(name, url)| (name, url)));
    }

    /// Returns each variable with its address.
    pub(crate) fn addresses(&self) -> &[(&'static str, String)] {
        &self.addresses
    }
}

/// `cargo xtask servers`.
pub(crate) fn run(options: &ServersOptions) -> Result<ExitCode> {
    let needs = BTreeSet::from([Need::Postgres, Need::RabbitMq]);
    let missing = install::ensure(&needs, options.no_install)?;
    if !missing.is_empty() {
        return Err(Failure::new(format!(
            "missing {}; type: {}",
            install::list(&missing),
            install::advice(&missing)
        )));
    }
    let servers = Servers::start(&needs)?;
    for (name, url) in servers.addresses() {
        println!("{name}={url}");
    }
    eprintln!("running; Ctrl-C stops them");
    while signals::take().is_none() {
        thread::sleep(POLL);
    }
    drop(servers);
    Ok(ExitCode::SUCCESS)
}

/// Waits until `ready` holds, and fails if the server ends before or `limit` is over.
fn wait_until(
    server: &mut Group,
    what: &str,
    limit: Duration,
    log: impl Fn() -> String,
    mut ready: impl FnMut() -> bool,
) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !ready() {
        signals::check()?;
        if let Some(status) = server.ended()? {
            return Err(Failure::new(format!("{what} ended at start ({status}):\n{}", log())));
        }
        if Instant::now() > deadline {
            let seconds = limit.as_secs();
            return Err(Failure::new(format!("{what} not ready after {seconds} s:\n{}", log())));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Returns a command that runs `program` with these options of `setpriv`, and that the kernel ends
/// with this process, even where no guard runs because this process itself was killed.
fn tied(program: &Path, options: &[&str]) -> Command {
    match install::find("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).args(options).arg("--").arg(program);
            command
        }
        None => Command::new(program),
    }
}
