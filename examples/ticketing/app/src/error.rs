use std::{io, net::SocketAddr};

use ticketkit_events::{engine::EngineError, sql::DatabaseError};

use crate::{folder::FolderError, service::Service, stripe::StripeError};

/// Why the process does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot listen at {0} (TICKETING_ADDR)")]
    Listen(SocketAddr, #[source] io::Error),
    #[error(
        "TICKETING_PUBLIC_URL (TICKETING_DANGER_INSECURE_COOKIES=yes allows plain HTTP anywhere)"
    )]
    PublicUrl(#[source] ticketkit_auth::cookies::CookieError),
    #[error(transparent)]
    Stripe(#[from] StripeError),
    #[error("cannot install the signal handlers")]
    Signals(#[source] io::Error),
    #[error("{0} must be set where {1} runs alone: {2}")]
    Missing(&'static str, Service, &'static str),
    #[error("cannot open the database of {0}{hint}", hint = hint(.2))]
    Database(Service, #[source] DatabaseError, bool),
    #[error(
        "another process with all services is at work on the databases of TICKETING_DATABASE_URL: \
         stop it, or run several of each service by --distributed or --service"
    )]
    NotAlone,
    #[error("cannot open the event engine{hint}", hint = events_hint(.1))]
    Engine(#[source] EngineError, bool),
    #[error("cannot read the descriptions of the services")]
    Documents(#[from] serde_json::Error),
    #[error("cannot start {0}")]
    Start(Service, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Names the setting, where the address is one.
fn hint(is_set: &bool) -> &'static str {
    if *is_set { " (TICKETING_DATABASE_URL)" } else { "" }
}

fn events_hint(is_set: &bool) -> &'static str {
    if *is_set { " (TICKETING_EVENTS_URL)" } else { "" }
}

impl RunError {
    /// Says that a service alone is deaf and dumb.
    pub(crate) const fn no_events(service: Service) -> Self {
        let why = "what happens in one service, the others learn through it";
        Self::Missing("TICKETING_EVENTS_URL", service, why)
    }

    /// Says that a service alone cannot know who is asking.
    pub(crate) const fn no_issuer(service: Service) -> Self {
        let why = "the auth service there says whose tokens are good";
        Self::Missing("TICKETING_AUTH_URL", service, why)
    }

    /// Says that a service cannot start.
    pub(crate) fn start<E>(service: Service) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |error| Self::Start(service, Box::new(error))
    }
}
