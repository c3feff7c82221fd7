//! Logs on stderr, as text or as JSON, so that stdout stays for what a program has to say.
//!
//! Every line that is logged within a request carries the fields of its span: the request id and
//! the trace id ([`http::Stack`](super::http::Stack)).
//!
//! | variable | |
//! |---|---|
//! | `RUST_LOG` | levels by target, such as `info,sqlx=warn,ticketkit_events=debug` |
//! | `LOG_FORMAT` | `text` (default), or `json`: one object a line |

mod json;

use std::{io::IsTerminal, str::FromStr};

use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

pub use json::{Json, JsonFields};

/// The target of the span around a request: it stays on, whichever levels are asked for.
pub(crate) const REQUEST_TARGET: &str = "ticketkit_core::request";

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be `text` or `json`"),
        }
    }
}

/// A layer beside the log, such as one that exports traces.
pub type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts to log, as `RUST_LOG` and `LOG_FORMAT` say; without `RUST_LOG`, as `default` does.
///
/// A second call changes nothing, so that tests can share a process.
pub fn init(default: &str) {
    init_with(default, None);
}

/// Like [`init`], with another layer beside the log.
pub fn init_with(default: &str, beside: Option<BoxedLayer>) {
    let asked = std::env::var("RUST_LOG").unwrap_or_default();
    let asked = if asked.trim().is_empty() { default } else { asked.trim() };
    let (targets, complaint) = match Targets::from_str(asked) {
        Ok(targets) => (targets, None),
        Err(error) => (Targets::from_str(default).unwrap_or_default(), Some(error)),
    };
    // More specific than what is asked for, so that it stands.
    let targets = targets.with_target(REQUEST_TARGET, LevelFilter::ERROR);
    #[cfg(feature = "otel")]
    let targets = targets.with_target(super::otel::TARGET, LevelFilter::OFF);
    let named = std::env::var("LOG_FORMAT").unwrap_or_default();
    let format = if named.trim().is_empty() { Ok(Format::Text) } else { named.trim().parse() };

    let lines: BoxedLayer = match format {
        Ok(Format::Json) => fmt::layer()
            .fmt_fields(JsonFields)
            .event_format(Json)
            .with_ansi(false)
            .with_writer(std::io::stderr)
            .with_filter(targets)
            .boxed(),
        _ => fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(targets)
            .boxed(),
    };
    let layers: Vec<BoxedLayer> = std::iter::once(lines).chain(beside).collect();
    let _ = tracing_subscriber::registry().with(layers).try_init();
    if let Some(error) = complaint {
        tracing::warn!(
            "RUST_LOG is `{asked}`, which is not understood ({error}): levels by target are \
             allowed, such as `info,sqlx=warn`; `{default}` is used"
        );
    }
    if let Err(allowed) = format {
        tracing::warn!("LOG_FORMAT is `{named}`: it {allowed}; `text` is used");
    }
}
