use std::time::Instant;

use prometheus_client::metrics::gauge::Gauge;

use super::EventMetrics;
use crate::{BoxError, EventContext, HandlerError, handler::Decision};

/// Counts an attempt once, whether it ends or its future is dropped.
pub(crate) struct Watch {
    metrics: EventMetrics,
    in_flight: Gauge,
    subscription: String,
    kind: String,
    started: Instant,
    has_ended: bool,
}

impl EventMetrics {
    pub(crate) fn begin(&self, context: &EventContext) -> Watch {
        let subscription = context.subscription().to_owned();
        let labels = [("subscription", subscription.clone())];
        let in_flight = self.in_flight.get_or_create(&labels).clone();
        in_flight.inc();
        Watch {
            metrics: self.clone(),
            in_flight,
            subscription,
            kind: context.envelope().kind.clone(),
            started: Instant::now(),
            has_ended: false,
        }
    }
}

impl Watch {
    pub(crate) fn end(mut self, result: &Result<(), BoxError>) {
        self.has_ended = true;
        let outcome = match result {
            Ok(()) => "ok",
            Err(error) => match HandlerError::decision_of(&**error) {
                Decision::Transient | Decision::Handled => "retry",
                Decision::Permanent => "permanent",
                Decision::NotNow(_) => "not_now",
            },
        };
        self.count(outcome);
    }

    fn count(&self, outcome: &str) {
        let [subscription, kind] = [("subscription", &self.subscription), ("type", &self.kind)]
            .map(|(n, v)| (n, v.clone()));
        let outcome = ("outcome", outcome.to_owned());
        let metrics = &self.metrics;
        metrics.handled.get_or_create(&[subscription.clone(), kind.clone(), outcome]).inc();
        let took = self.started.elapsed().as_secs_f64();
        metrics.duration.get_or_create(&[subscription, kind]).observe(took);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.in_flight.dec();
        if !self.has_ended {
            self.count("cut_off");
        }
    }
}
