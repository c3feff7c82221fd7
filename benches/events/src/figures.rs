//! Rates and times, and how they are compared.

use std::time::{Duration, Instant};

use crate::Result;

/// Returns how many a second that was.
pub(crate) fn rate(count: u64, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Runs two sides in turns, each pair after a step that prepares it, and returns the best rate of each: whatever else the machine does only
/// ever makes a round slower.
pub(crate) async fn compare(
    rounds: usize,
    mut before: impl AsyncFnMut() -> Result<()>,
    mut ours: impl AsyncFnMut() -> Result<f64>,
    mut reference: impl AsyncFnMut() -> Result<f64>,
) -> Result<(f64, f64)> {
    let mut best = (0.0_f64, 0.0_f64);
    for _ in 0..rounds {
        before().await?;
        let begun = cpu_time();
        let ours = ours().await?;
        let between = cpu_time();
        let round = (ours, reference().await?);
        let ended = cpu_time();
        eprintln!(
            "  {:.0} {:.0}  cpu {:?} {:?}",
            round.0,
            round.1,
            between - begun,
            ended - between
        );
        best = (best.0.max(round.0), best.1.max(round.1));
    }
    Ok(best)
}

/// Returns the time that this part of the times does not exceed, in milliseconds.
pub(crate) fn quantile(sorted: &[Duration], part: f64) -> f64 {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index.min(sorted.len() - 1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

/// Returns the memory of this process that is in use, in MiB, where Linux tells it.
pub(crate) fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}

/// Returns the time of the CPU that this process has used, where Linux tells it.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // A tick is a hundredth of a second on every Linux that Rust runs on.
    Duration::from_millis(ticks * 10)
}
