//! The feed in the chassis: a readiness check and metrics.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use ticketkit_core::chassis::{Health, Metrics};

use super::FeedStatus;

impl FeedStatus {
    /// Adds the readiness check `revocations`, and the metrics:
    ///
    /// | metric | what it is |
    /// |---|---|
    /// | `auth_view_age_seconds` | how old the news in the view is; -1 before there was any |
    /// | `auth_view_entries` | users and sessions that are kept |
    /// | `auth_feed_events_total` | events taken in, heartbeats among them |
    /// | `auth_feed_refused_total` | events whose proof is none |
    /// | `auth_feed_snapshots_total` | snapshots loaded: at the start and after gaps |
    /// | `auth_feed_snapshot_failures_total` | snapshots that could not be loaded |
    pub fn observe(&self, health: &Health, metrics: &Metrics) {
        let status = self.clone();
        health.add("revocations", move || {
            let result = status.check();
            async move { result }
        });
        self.register(metrics);
    }

    /// Adds the metrics alone.
    pub fn register(&self, metrics: &Metrics) {
        let collector = Box::new(FeedCollector(self.clone()));
        metrics.register(|registry| registry.register_collector(collector));
    }
}

#[derive(Debug)]
struct FeedCollector(FeedStatus);

impl Collector for FeedCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = &self.0;
        let age = ConstGauge::new(status.age().map_or(-1.0, |age| age.as_secs_f64()));
        let help = "How old the news of revocations is";
        let unit = Some(&Unit::Seconds);
        age.encode(encoder.encode_descriptor("auth_view_age", help, unit, MetricType::Gauge)?)?;
        let entries = ConstGauge::new(status.entries() as f64);
        let help = "Users and sessions that the view keeps";
        entries.encode(encoder.encode_descriptor(
            "auth_view_entries",
            help,
            None,
            MetricType::Gauge,
        )?)?;
        for (name, help, count) in [
            ("auth_feed_events", "Revocations and heartbeats taken in", status.events()),
            ("auth_feed_refused", "Events that prove nothing", status.refused()),
            ("auth_feed_snapshots", "Snapshots loaded", status.snapshots()),
            ("auth_feed_snapshot_failures", "Snapshots not loaded", status.failures()),
        ] {
            let kind = MetricType::Counter;
            ConstCounter::new(count).encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        Ok(())
    }
}
