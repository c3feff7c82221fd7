//! What every service stands on: configuration, logs, health, metrics and an orderly end.
//!
//! Each part works alone. Together they make a service:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use ticketkit_core::{ErrorLayer, chassis::{Health, HttpMetrics, Metrics, Shutdown, http, logs, serve}};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! logs::init("info");
//! let (metrics, health) = (Metrics::default(), Health::default());
//! let shutdown = Shutdown::on_signals()?;
//!
//! let app = Router::new().route("/api/tickets", get(|| async { "[]" }));
//! let app = http::stack(app, "tickets", ErrorLayer::new("tickets"), &HttpMetrics::new(&metrics))
//!     .merge(http::operators("tickets", &health, &metrics));
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! let drained = serve::serve(listener, app, &shutdown, serve::DRAIN_DEADLINE).await;
//! println!("{drained}");
//! # Ok(()) }
//! ```

pub mod config;
pub mod http;
pub mod logs;
pub mod serve;

mod health;
mod linger;
mod metrics;
mod shutdown;

pub use health::{CheckReport, Health};
pub use metrics::{HttpMetrics, Metrics};
pub use shutdown::Shutdown;
