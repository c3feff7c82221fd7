//! The only way from the pages to the services: HTTP requests through one boxed tower service.
//!
//! In the process that holds all services it is their routers; between machines an HTTP client. A
//! [`Client`] lives as long as one page request: it carries on who asks, and brings cookies back.

mod call;
mod client;
mod jar;
mod reply;

use std::{convert::Infallible, fmt, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use ticketkit_core::error::Timeout;
use tower::{BoxError, Service, ServiceExt, util::BoxCloneSyncService};

pub(crate) use call::Call;
pub(crate) use client::Client;
pub(crate) use reply::{Refusal, Reply};

use crate::error::Failure;

/// The services as the pages see them.
#[derive(Clone)]
pub struct Gateway(BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>);

impl Gateway {
    /// Makes a gateway of a service that answers every `/api` path.
    pub fn new<S>(services: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
    {
        Self(BoxCloneSyncService::new(services.map_err(Into::into)))
    }

    /// Makes a gateway of a function, for tests.
    pub fn from_fn<F, T>(answer: F) -> Self
    where
        F: Fn(Request<Body>) -> T + Clone + Send + Sync + 'static,
        T: Future<Output = Response<Body>> + Send + 'static,
    {
        Self::new(tower::service_fn(move |request| {
            let answer = answer(request);
            async move { Ok::<_, Infallible>(answer.await) }
        }))
    }

    /// Sends one request; the whole answer must be there within the time.
    async fn send(&self, request: Request<Body>, within: Duration) -> Result<Reply, Failure> {
        let exchange = async {
            let response = self.0.clone().oneshot(request).await.map_err(Failure::upstream)?;
            Reply::read(response).await
        };
        tokio::time::timeout(within, exchange).await.unwrap_or(Err(Timeout.into()))
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}
