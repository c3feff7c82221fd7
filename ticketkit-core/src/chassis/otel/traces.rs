use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
};

use super::client::{Client, Health};
use crate::chassis::logs::{BoxedLayer, REQUEST_TARGET};

/// The export of traces. Clones share it.
#[derive(Debug, Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    health: Health,
}

/// Why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// The address of the collector is not one.
    #[error(
        "`{0}` is no address of a collector: an http:// URL is allowed, such as \
             http://127.0.0.1:4318"
    )]
    Endpoint(String),
    /// The exporter refuses its settings.
    #[error("cannot export traces")]
    Exporter(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was left could not be sent in time.
    #[error("not all traces were exported")]
    Unsent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Traces {
    /// Exports the traces of a service to a collector, by its address without a path.
    ///
    /// Spans are sent in batches, beside the work; what the collector does not take is dropped.
    ///
    /// # Errors
    ///
    /// If the address is no `http://` URL.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn to(service: impl Into<String>, collector: &str) -> Result<Self, TracesError> {
        let endpoint = format!("{}/v1/traces", collector.trim_end_matches('/'));
        let is_http = endpoint.parse::<::http::Uri>().is_ok_and(|uri| {
            uri.scheme_str() == Some("http") && uri.host().is_some_and(|host| !host.is_empty())
        });
        if !is_http {
            return Err(TracesError::Endpoint(collector.to_owned()));
        }
        let health = Health::default();
        let client = Client::on(tokio::runtime::Handle::current(), health.clone());
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint)
            .build()
            .map_err(|error| TracesError::Exporter(Box::new(error)))?;
        let resource = Resource::builder().with_service_name(service.into()).build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self { provider, health })
    }

    /// Makes the layer that stands beside the logs.
    #[must_use]
    pub fn layer(&self) -> BoxedLayer {
        let targets = Targets::new()
            .with_default(LevelFilter::INFO)
            // The span of the logs, and what carries the export itself.
            .with_target(REQUEST_TARGET, LevelFilter::OFF)
            .with_target("opentelemetry", LevelFilter::OFF)
            .with_target("hyper", LevelFilter::OFF);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("ticketkit"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(targets)
            .boxed()
    }

    /// Sends what is left, within a time, and ends the export.
    ///
    /// # Errors
    ///
    /// If not all was sent.
    pub async fn end(self, within: Duration) -> Result<(), TracesError> {
        let Self { provider, health } = self;
        // It blocks its thread until the last batch is sent.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(within));
        match ended.await {
            Ok(Ok(())) => match health.failure() {
                None => Ok(()),
                Some(failure) => Err(TracesError::Unsent(failure.into())),
            },
            Ok(Err(error)) => Err(TracesError::Unsent(Box::new(error))),
            Err(error) => Err(TracesError::Unsent(Box::new(error))),
        }
    }
}
