use std::{
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    DistributedError,
    backing::Environment,
    instance::{Instance, this_program},
};
use crate::{probe, service::Service};

/// How often each instance is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How long an instance may take to be ready.
const START: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(20);

/// All instances of all services. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Fleet(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    environment: Environment,
    config: Option<PathBuf>,
    count: usize,
    instances: Mutex<Vec<Instance>>,
    turn: AtomicUsize,
}

impl Fleet {
    pub(super) fn new(
        environment: Environment,
        config: Option<&Path>,
        count: NonZeroUsize,
    ) -> Self {
        Self(Arc::new(Shared {
            environment,
            config: config.map(Path::to_owned),
            count: count.get(),
            instances: Mutex::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// Starts every instance, and returns when all are ready.
    pub(super) async fn start(&self) -> Result<(), DistributedError> {
        // The first one of the auth service makes the keys that the others need too.
        self.ready(&self.add(Service::Auth, 1)?).await?;
        let mut started = Vec::new();
        for service in Service::ALL {
            let first = if service == Service::Auth { 2 } else { 1 };
            for number in first..=self.0.count {
                started.push(self.add(service, number)?);
            }
        }
        for instance in started {
            self.ready(&instance).await?;
        }
        Ok(())
    }

    /// Replaces every instance by a new one, one after the other: the old one drains when the new
    /// one is ready.
    pub(super) async fn restart(&self) -> Result<(), DistributedError> {
        let all = self.instances().clone();
        for old in all {
            let number = old.name().rsplit_once('-').and_then(|(_, number)| number.parse().ok());
            let new = self.add(old.service(), number.unwrap_or(1))?;
            if let Err(error) = self.ready(&new).await {
                // The old one stays, and the new one must not come up later beside it.
                new.leave();
                return Err(error);
            }
            self.end(&old).await;
        }
        Ok(())
    }

    /// Drains and ends all instances.
    pub(super) async fn stop(&self) {
        let all = self.instances().clone();
        // The pages first: they ask the others.
        let (pages, services): (Vec<_>, Vec<_>) =
            all.iter().partition(|instance| instance.service() == Service::Web);
        for part in [pages, services] {
            part.iter().for_each(|instance| instance.leave());
            for instance in part {
                self.end(instance).await;
            }
        }
    }

    /// Returns where an instance of a service takes requests, each in turn; those that were tried
    /// already come last.
    pub(super) fn addresses(&self, service: Service) -> Vec<SocketAddr> {
        let instances = self.instances();
        let of_service = instances.iter().filter(|instance| instance.service() == service);
        let mut open: Vec<_> = of_service.filter_map(Instance::open).collect();
        if !open.is_empty() {
            let turn = self.0.turn.fetch_add(1, Ordering::Relaxed) % open.len();
            open.rotate_left(turn);
        }
        open
    }

    fn add(&self, service: Service, number: usize) -> Result<Instance, DistributedError> {
        let name = format!("{service}-{number}");
        let failed = |_: io::Error| DistributedError::Instance(name.clone());
        let mut command = this_program().map_err(failed)?;
        command.args(["--service", service.name()]).envs(self.0.environment.of(service));
        if let Some(config) = &self.0.config {
            command.arg("--config").arg(config);
        }
        let instance = Instance::start(name, service, command);
        self.instances().push(instance.clone());
        tokio::spawn(watch(instance.clone()));
        Ok(instance)
    }

    async fn ready(&self, instance: &Instance) -> Result<(), DistributedError> {
        let deadline = Instant::now() + START;
        while instance.open().is_none() {
            if instance.has_ended() {
                return Err(DistributedError::Instance(instance.name().to_owned()));
            }
            if Instant::now() > deadline {
                return Err(DistributedError::NotReady(instance.name().to_owned(), START));
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    async fn end(&self, instance: &Instance) {
        instance.leave();
        while !instance.has_ended() {
            sleep(POLL).await;
        }
        self.instances().retain(|known| !known.has_ended());
    }

    fn instances(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.0.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks an instance whether it is ready, again and again until it has ended.
///
/// One task for each: an instance that hangs must not keep the state of the others from being seen.
async fn watch(instance: Instance) {
    while !instance.has_ended() {
        if let Some(address) = instance.address() {
            instance.note(address, probe::is_ready(address).await.is_ok());
        }
        sleep(ASK_EVERY).await;
    }
}
