//! What every service stands on: configuration, logs, health, metrics and an orderly end.
//!
//! Each part works alone. Together they make a service:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use ticketkit_core::{
//!     ErrorLayer,
//!     chassis::{Health, HttpMetrics, Metrics, Shutdown, Tasks, http, logs, serve},
//! };
//! use std::time::Duration;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! logs::init("info");
//! let (metrics, health) = (Metrics::default(), Health::default());
//! metrics.register_process();
//! let shutdown = Shutdown::on_signals()?;
//! health.drain_with(&shutdown);
//!
//! let app = Router::new().route("/api/tickets", get(|| async { "[]" }));
//! let errors = ErrorLayer::new("tickets");
//! let stack = http::Stack::new("tickets", errors.clone(), &HttpMetrics::new(&metrics));
//! let app = app.layer(stack).merge(http::operators("tickets", &health, &metrics));
//!
//! let tasks = Tasks::new(&shutdown);
//! let until = shutdown.clone();
//! tasks.spawn("sweep", async move { until.requested().await });
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! let drained = serve::serve(listener, app, &errors, &shutdown, serve::DRAIN_DEADLINE).await;
//! println!("{drained}");
//! println!("{}", tasks.end(Duration::from_secs(8)).await);
//! # Ok(()) }
//! ```

pub mod config;
pub mod http;
pub mod logs;
#[cfg(feature = "otel")]
pub mod otel;
#[cfg(feature = "outgoing")]
pub mod outgoing;
pub mod serve;

mod health;
mod metrics;
mod shutdown;
mod tasks;

pub use health::{Check, CheckReport, Health};
pub use metrics::{HttpMetrics, Metrics};
pub use shutdown::Shutdown;
pub use tasks::{Tasks, TasksEnded};
