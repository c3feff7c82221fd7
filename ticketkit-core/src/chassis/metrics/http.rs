use std::time::Duration;

use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

use super::Metrics;

type Labels<const N: usize> = [(&'static str, String); N];

type Durations = Family<Labels<3>, Histogram, fn() -> Histogram>;

/// Rate, errors and duration of requests, and how many are under way.
///
/// | metric | labels |
/// |---|---|
/// | `http_requests_total` | `service`, `method`, `route`, `status` |
/// | `http_request_duration_seconds` | `service`, `method`, `route` |
/// | `http_requests_in_flight` | `service` |
///
/// The label `route` is the template (`/api/tickets/{id}`), never the path, so that nobody outside
/// decides how many series there are; `none` is what no route matched. The status 499 stands for a
/// client that left before the answer began.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests: Family<Labels<4>, Counter>,
    duration: Durations,
    in_flight: Family<Labels<1>, Gauge>,
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
        let in_flight = Family::default();
        metrics.register(|registry| {
            registry.register("http_requests", "Requests answered", requests.clone());
            registry.register(
                "http_request_duration_seconds",
                "Time to the head of the answer",
                duration.clone(),
            );
            registry.register(
                "http_requests_in_flight",
                "Requests whose answer has not begun",
                in_flight.clone(),
            );
        });
        Self { requests, duration, in_flight }
    }

    pub(in crate::chassis) fn begin(&self, service: &str) -> InFlight {
        let gauge = self.in_flight.get_or_create(&[("service", service.to_owned())]).clone();
        gauge.inc();
        InFlight(gauge)
    }

    pub(in crate::chassis) fn observe(
        &self,
        service: &str,
        method: &str,
        route: &str,
        status: u16,
        took: Duration,
    ) {
        let [service, method, route] = [("service", service), ("method", method), ("route", route)]
            .map(|(name, value)| (name, value.to_owned()));
        let labels =
            [service.clone(), method.clone(), route.clone(), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.duration.get_or_create(&[service, method, route]).observe(took.as_secs_f64());
    }
}

/// Counts a request as long as its answer has not begun.
pub(in crate::chassis) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
