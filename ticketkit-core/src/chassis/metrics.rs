use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

/// The metrics of a process, written in the OpenMetrics text format.
///
/// Clones share one registry, which is passed around and never global.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// Registers metrics of prometheus-client.
    pub fn register<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes all metrics as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A String takes everything that is written.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

type Labels = [(&'static str, String); 4];

type Durations = Family<[(&'static str, String); 2], Histogram, fn() -> Histogram>;

/// Rate, errors and duration of requests: by service, method, route template and status.
///
/// The label `route` is the template (`/api/tickets/{id}`), never the path, so that nobody outside
/// decides how many series there are.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests: Family<Labels, Counter>,
    duration: Durations,
}

/// From 0.5 ms to 10 s: what a request to a service is expected to take, and the outliers.
const BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

impl HttpMetrics {
    /// Registers the metrics: once for a process, shared by its services.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        let requests = Family::default();
        let duration =
            Family::<_, _, fn() -> Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        metrics.register(|registry| {
            registry.register("http_requests", "Requests answered", requests.clone());
            registry.register(
                "http_request_duration_seconds",
                "Time to the head of the answer",
                duration.clone(),
            );
        });
        Self { requests, duration }
    }

    pub(super) fn observe(
        &self,
        service: &str,
        method: &str,
        route: &str,
        status: u16,
        took: Duration,
    ) {
        let service = ("service", service.to_owned());
        let labels = [
            service.clone(),
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        self.requests.get_or_create(&labels).inc();
        let labels = [service, ("route", route.to_owned())];
        self.duration.get_or_create(&labels).observe(took.as_secs_f64());
    }
}
