use std::{collections::BTreeMap, fs, net::SocketAddr};

use ticketkit_servers::{Postgres, RabbitMq};

use super::DistributedError;
use crate::{
    probe,
    service::Service,
    settings::{DatabaseUrl, Settings},
};

/// How long an instance goes on to serve after the ingress has stopped to send it requests: those
/// under way reach it still.
const DRAIN_DELAY: &str = "1";

/// What the services stand on: servers that are there, or that were started for them.
#[derive(Debug)]
pub(crate) struct Backing {
    database: DatabaseUrl,
    events: String,
    _postgres: Option<Postgres>,
    _rabbitmq: Option<RabbitMq>,
}

/// The environment of an instance: what all have, and the address of each service's database.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    common: BTreeMap<&'static str, String>,
    database: DatabaseUrl,
}

impl Environment {
    /// Returns the variables of an instance of a service, beside those of this process.
    pub(super) fn of(&self, service: Service) -> BTreeMap<&'static str, String> {
        let mut variables = self.common.clone();
        variables.insert("TICKETING_DATABASE_URL", self.database.of_service(service));
        variables
    }
}

impl Backing {
    /// Starts the servers that the settings do not name.
    pub(super) fn start(settings: &Settings) -> Result<Self, DistributedError> {
        let no_broker = |error| DistributedError::Server("RabbitMQ", "TICKETING_EVENTS_URL", error);
        let no_database =
            |error| DistributedError::Server("PostgreSQL", "TICKETING_DATABASE_URL", error);
        // The slower one boots while the other is set up.
        let mut rabbitmq = match &settings.events_url {
            Some(_) => None,
            None => Some(RabbitMq::launch().map_err(no_broker)?),
        };
        let (postgres, database) = match &settings.database_url {
            Some(url) => (None, url.clone()),
            None => {
                let postgres = Postgres::start().map_err(no_database)?;
                let url = DatabaseUrl(postgres.url());
                (Some(postgres), url)
            }
        };
        if let Some(rabbitmq) = &mut rabbitmq {
            rabbitmq.wait(&mut || true).map_err(no_broker)?;
        }
        let given = settings.events_url.as_ref().map(|url| url.0.clone());
        let events = given.or_else(|| rabbitmq.as_ref().map(RabbitMq::url)).unwrap_or_default();
        Ok(Self { database, events, _postgres: postgres, _rabbitmq: rabbitmq })
    }

    /// Makes the environment of the instances, behind an ingress at this address.
    pub(super) fn environment(
        &self,
        settings: &Settings,
        ingress: SocketAddr,
        public_url: &str,
    ) -> Result<Environment, DistributedError> {
        fs::create_dir_all(&settings.data_dir).map_err(DistributedError::Folder)?;
        let data = settings.data_dir.canonicalize().map_err(DistributedError::Folder)?;
        let keys = settings.keys_dir.clone().unwrap_or_else(|| data.join("keys"));
        let reached = probe::reached(ingress);
        let peer = format!("http://{reached}");
        let mut common = BTreeMap::from([
            ("TICKETING_ADDR", "127.0.0.1:0".to_owned()),
            ("TICKETING_PUBLIC_URL", public_url.to_owned()),
            ("TICKETING_EVENTS_URL", self.events.clone()),
            ("TICKETING_KEYS_DIR", keys.display().to_string()),
            ("TICKETING_TRUSTED_PROXIES", format!("127.0.0.1,::1,{}", reached.ip())),
            ("TICKETING_DRAIN_DELAY_SECONDS", DRAIN_DELAY.to_owned()),
        ]);
        for service in [Service::Auth, Service::Tickets, Service::Orders, Service::Payments] {
            let (variable, _) = settings.peer(service);
            common.insert(variable, peer.clone());
        }
        Ok(Environment { common, database: self.database.clone() })
    }
}
