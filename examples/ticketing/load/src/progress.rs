//! The line that lives: once a second, what the last second was like.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::atomic::Ordering,
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    record::{Record, percentile, sorted},
    trade::Market,
};

const HALF: Duration = Duration::from_millis(500);

/// Shows the line for so long: in place on a terminal, else a line every five seconds.
pub async fn show(record: &Record, market: &Market, duration: Duration) {
    let in_place = std::io::stderr().is_terminal();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let (began, mut seen, mut failed) = (record.age(), record.since(0).len(), 0);
    let mut second = 0_u32;
    loop {
        ticks.tick().await;
        second += 1;
        let samples = record.since(seen);
        seen += samples.len();
        failed += samples.iter().filter(|sample| sample.outcome.is_failure()).count();
        let took = sorted(&samples, |_| true);
        let counts = market.counts();
        let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let line = format!(
            "{second:>4} s  {:>6} answers/s  p50 {:>6}  p99 {:>6}  listed {}  ordered {}  paid {}  \
             failed {failed}",
            samples.len(),
            shown(percentile(&took, 0.5)),
            shown(percentile(&took, 0.99)),
            count(&counts.listed),
            count(&counts.ordered),
            count(&counts.paid),
        );
        // Ticks come a little early or late: the nearest one is the last.
        let over = record.age().saturating_sub(began) + HALF >= duration;
        if in_place {
            eprint!("\r\x1b[2K{line}");
            let _ = std::io::stderr().flush();
        } else if second.is_multiple_of(5) || over {
            eprintln!("{line}");
        }
        if over {
            if in_place {
                eprintln!();
            }
            return;
        }
    }
}

/// A time as a person reads it.
#[must_use]
pub fn shown(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ if ms < 100.0 => format!("{ms:.1} ms"),
        _ if ms < 10_000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1e3),
    }
}
