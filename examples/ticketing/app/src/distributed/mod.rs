//! `--distributed`: a process for each service behind one address, for development.
//!
//! It is a small cluster on one machine, made of the same processes that a real one runs: a private
//! PostgreSQL and RabbitMQ where the settings name none ([`backing`]), so many [`instance`]s of each
//! service as asked ([`fleet`]), each on a port of its own, and the [`ingress`] in front. An instance
//! that dies is started again. The lines of all come out as one log, each with its name in front.
//!
//! SIGHUP restarts every instance, one after the other, behind a new one that is ready: nobody
//! should notice. Ctrl-C drains the ingress, then the services, then ends the servers.

mod backing;
mod fleet;
mod ingress;
mod instance;

use std::{io, num::NonZeroUsize, path::Path, time::Duration};

use ticketkit_core::{
    ErrorLayer,
    chassis::{
        Shutdown,
        serve::{DRAIN_DEADLINE, serve},
    },
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use self::{backing::Backing, fleet::Fleet};
use crate::{error::RunError, parts::ALL, settings::Settings};

/// Why the system does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistributedError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(
        "cannot start {0}; install it, or name one in {1} (`cargo xtask servers` says what is \
         missing)"
    )]
    Server(&'static str, &'static str, #[source] ticketkit_servers::ServerError),
    #[error("cannot use the data folder (TICKETING_DATA_DIR)")]
    Folder(#[source] io::Error),
    #[error("{0} does not start: see its lines above")]
    Instance(String),
    #[error("{0} is not ready after {1:?}: see its lines above")]
    NotReady(String, Duration),
}

/// Starts the servers that the settings do not name. It belongs on the main thread: the servers end
/// with the thread that started them.
pub(crate) fn prepare(settings: &Settings) -> Result<Backing, DistributedError> {
    Backing::start(settings)
}

/// Runs the system until a signal, and drains it.
pub(crate) async fn run(
    settings: &Settings,
    config: Option<&Path>,
    instances: NonZeroUsize,
    backing: &Backing,
) -> Result<(), DistributedError> {
    let asked = settings.addr.0;
    let listen = |error| RunError::Listen(asked, error);
    let listener = TcpListener::bind(asked).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let mut hangups = signal(SignalKind::hangup()).map_err(RunError::Signals)?;

    let environment = backing.environment(settings, address, &public_url)?;
    let fleet = Fleet::new(environment, config, instances);
    let app = ingress::router(&fleet).map_err(RunError::Documents)?;
    // The services reach each other through the ingress, so that it comes first.
    let ingress = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { serve(listener, app, &ErrorLayer::new(ALL), &shutdown, DRAIN_DEADLINE).await }
    });
    let started = tokio::select! {
        started = fleet.start() => started,
        () = shutdown.requested() => Ok(()),
    };
    if started.is_ok() && !shutdown.is_requested() {
        println!("listening on http://{address}");
        tracing::info!("open {public_url}; kill -HUP {} restarts all services", std::process::id());
        loop {
            tokio::select! {
                () = shutdown.requested() => break,
                Some(()) = hangups.recv() => {
                    tokio::select! {
                        () = shutdown.requested() => break,
                        restarted = fleet.restart() => match restarted {
                            Ok(()) => println!("all services restarted"),
                            Err(error) => tracing::error!("{error}"),
                        }
                    }
                }
            }
        }
    }
    shutdown.request();
    if let Ok(drained) = ingress.await {
        tracing::info!("{drained}");
    }
    fleet.stop().await;
    started
}
