//! Logs as text on stderr, so that stdout stays for what a program has to say.

use std::{io::IsTerminal, str::FromStr};

use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Starts to log. A second call changes nothing, so that tests can share a process.
///
/// `RUST_LOG` says what is logged, else `default` does: levels by target, such as
/// `info,sqlx=warn,ticketkit_events=debug`.
pub fn init(default: &str) {
    let asked = std::env::var("RUST_LOG").unwrap_or_default();
    let asked = if asked.trim().is_empty() { default } else { asked.trim() };
    let (targets, complaint) = match Targets::from_str(asked) {
        Ok(targets) => (targets, None),
        Err(error) => (Targets::from_str(default).unwrap_or_default(), Some(error)),
    };
    let text = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(targets);
    let _ = tracing_subscriber::registry().with(text).try_init();
    if let Some(error) = complaint {
        tracing::warn!(
            "RUST_LOG is `{asked}`, which is not understood ({error}): levels by target are \
             allowed, such as `info,sqlx=warn`; `{default}` is used"
        );
    }
}
