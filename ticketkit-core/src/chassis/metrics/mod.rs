mod http;
mod process;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prometheus_client::{encoding::text::encode, registry::Registry};

pub use http::HttpMetrics;
pub(super) use http::InFlight;

/// The metrics of a process, written in the OpenMetrics text format.
///
/// Clones share one registry, which is passed around and never global.
///
/// ```
/// use prometheus_client::metrics::counter::Counter;
/// use ticketkit_core::chassis::Metrics;
///
/// let metrics = Metrics::default();
/// let sold = Counter::<u64>::default();
/// metrics.register(|registry| registry.register("tickets_sold", "Tickets sold", sold.clone()));
/// sold.inc();
/// assert!(metrics.to_text().contains("tickets_sold_total 1"));
/// ```
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// Registers metrics of prometheus-client.
    pub fn register<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds what the system knows of this process: memory, open files, processor time, its start.
    ///
    /// On Linux, from `/proc`; elsewhere there is nothing. Once for a process.
    pub fn register_process(&self) {
        self.register(|registry| registry.register_collector(Box::new(process::ProcessCollector)));
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
