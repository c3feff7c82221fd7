//! Figures that are looked up and not counted: one picture, replaced as a whole.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
};

use crate::{
    Timestamp,
    engine::{ConnectionStats, SubscriptionStats},
};

struct Level {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    /// The value of the label, and the figure.
    values: Vec<(String, f64)>,
}

#[derive(Default)]
pub(super) struct Levels(Vec<Level>);

impl Levels {
    fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        of: &str,
        value: f64,
    ) {
        let at = self.0.iter().position(|level| level.name == name).unwrap_or_else(|| {
            self.0.push(Level { name, help, label, values: Vec::new() });
            self.0.len() - 1
        });
        self.0[at].values.push((of.to_owned(), value));
    }

    pub(super) fn take_subscriptions(&mut self, all: &[SubscriptionStats], now: Timestamp) {
        for stats in all {
            let lag = stats.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
            for (name, help, value) in [
                ("events_subscription_pending", "Events to be handled", stats.pending as f64),
                (
                    "events_subscription_in_flight",
                    "Events that are claimed",
                    stats.in_flight as f64,
                ),
                (
                    "events_subscription_retrying",
                    "Events that failed before",
                    stats.retrying as f64,
                ),
                (
                    "events_subscription_parked",
                    "Events that wait for an operator",
                    stats.parked as f64,
                ),
                ("events_subscription_lag_seconds", "Age of the oldest pending event", lag),
            ] {
                self.add(name, help, "subscription", &stats.name, value);
            }
        }
    }

    pub(super) fn take_connections(&mut self, engine: &str, stats: ConnectionStats) {
        for (name, help, value) in [
            (
                "events_broker_reconnects",
                "Connections that were lost and made again",
                stats.reconnects as f64,
            ),
            (
                "events_broker_unconfirmed",
                "Events on their way to the broker",
                stats.unconfirmed as f64,
            ),
            (
                "events_broker_blocked",
                "Whether the broker takes no events",
                f64::from(u8::from(stats.blocked)),
            ),
        ] {
            self.add(name, help, "engine", engine, value);
        }
    }

    #[cfg(feature = "sql")]
    pub(super) fn take_outbox(
        &mut self,
        of: &str,
        stats: &crate::sql::OutboxStats,
        now: Timestamp,
    ) {
        let oldest = stats.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
        for (name, help, value) in [
            ("events_outbox_pending", "Events that are not on the bus yet", stats.pending as f64),
            ("events_outbox_failing", "Events that the engine refused", stats.failing as f64),
            ("events_outbox_oldest_seconds", "Age of the oldest event in the outbox", oldest),
            ("events_scheduled", "Events that wait for their time", stats.scheduled as f64),
        ] {
            self.add(name, help, "database", of, value);
        }
    }
}

pub(super) struct LevelsCollector(pub(super) Arc<Mutex<Levels>>);

impl Collector for LevelsCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for level in &levels.0 {
            let mut family =
                encoder.encode_descriptor(level.name, level.help, None, MetricType::Gauge)?;
            for (of, value) in &level.values {
                let labels = [(level.label, of.as_str())];
                ConstGauge::new(*value).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for LevelsCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LevelsCollector").finish_non_exhaustive()
    }
}
