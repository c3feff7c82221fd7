//! Private PostgreSQL and RabbitMQ instances for tests, or until Ctrl-C.
//!
//! Each is a guard: dropping it stops the server and removes its folder, on success, failure and
//! Ctrl-C alike. `TICKETKIT_TEST_POSTGRES_URL` and `TICKETKIT_TEST_AMQP_URL` name servers to use
//! instead; under the same names tests read the addresses of those that were started.

use std::{
    collections::BTreeSet,
    process::{Command, ExitCode},
    thread,
    time::Duration,
};

use ticketkit_servers::{Postgres, RabbitMq, ServerError};

use crate::{
    cli::ServersOptions,
    failure::{Failure, Result},
    install,
    needs::Need,
    signals,
};

const POSTGRES: &str = "TICKETKIT_TEST_POSTGRES_URL";
const RABBITMQ: &str = "TICKETKIT_TEST_AMQP_URL";

const POLL: Duration = Duration::from_millis(50);

/// The servers that run, and where.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    addresses: Vec<(&'static str, String)>,
    postgres: Option<Postgres>,
    rabbitmq: Option<RabbitMq>,
}

impl Servers {
    /// Returns whether the environment names a server to use for `need`.
    pub(crate) fn given(need: Need) -> bool {
        let name = match need {
            Need::Postgres => POSTGRES,
            Need::RabbitMq => RABBITMQ,
            Need::Chromium | Need::LocalStripe | Need::PyJwt | Need::Axe => return false,
        };
        std::env::var_os(name).is_some_and(|url| !url.is_empty())
    }

    /// Starts the servers among `needs`, but for those that the environment names.
    pub(crate) fn start(needs: &BTreeSet<Need>) -> Result<Self> {
        let mut servers = Self::default();
        let wanted = |need| needs.contains(&need) && !Self::given(need);
        // The slower one boots while the other is set up.
        if wanted(Need::RabbitMq) {
            servers.rabbitmq = Some(RabbitMq::launch().map_err(|error| failure(&error))?);
        }
        if wanted(Need::Postgres) {
            let postgres =
                servers.postgres.insert(Postgres::launch().map_err(|error| failure(&error))?);
            postgres.wait(&mut nobody_asked_to_end).map_err(|error| failure(&error))?;
            servers.addresses.push((POSTGRES, postgres.url()));
        }
        if let Some(rabbitmq) = &mut servers.rabbitmq {
            rabbitmq.wait(&mut nobody_asked_to_end).map_err(|error| failure(&error))?;
            servers.addresses.push((RABBITMQ, rabbitmq.url()));
        }
        Ok(servers)
    }

    /// Returns whether a server runs, one that was started or one that the environment names.
    pub(crate) fn has(&self, need: Need) -> bool {
        let started = match need {
            Need::Postgres => self.postgres.is_some(),
            Need::RabbitMq => self.rabbitmq.is_some(),
            Need::Chromium | Need::LocalStripe | Need::PyJwt | Need::Axe => false,
        };
        started || Self::given(need)
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

fn nobody_asked_to_end() -> bool {
    signals::caught().is_none()
}

fn failure(error: &ServerError) -> Failure {
    if signals::caught().is_some() { Failure::Interrupted } else { Failure::new(error.to_string()) }
}
