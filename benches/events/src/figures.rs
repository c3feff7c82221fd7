//! Rates and times, and how they are compared.

use std::time::{Duration, Instant};

use crate::Result;

/// Returns how many a second that was.
pub(crate) fn rate(count: u64, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Runs short rounds of two sides in turns, each pair after a step that prepares it, and returns the
/// rates of the pair whose ratio is the median.
///
/// Whatever else the machine does hits both rounds of a pair about alike, and the side that goes first
/// changes: a ratio is worth more than either rate, and the median more than the best.
pub(crate) async fn compare(
    pairs: usize,
    mut before: impl AsyncFnMut() -> Result<()>,
    mut ours: impl AsyncFnMut() -> Result<f64>,
    mut reference: impl AsyncFnMut() -> Result<f64>,
) -> Result<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::with_capacity(pairs);
    for n in 0..pairs {
        before().await?;
        let begun = cpu_time();
        let (pair, times) = if n % 2 == 0 {
            let ours = ours().await?;
            let between = cpu_time();
            let reference = reference().await?;
            ((ours, reference), (between - begun, cpu_time() - between))
        } else {
            let reference = reference().await?;
            let between = cpu_time();
            let ours = ours().await?;
            ((ours, reference), (cpu_time() - between, between - begun))
        };
        let ((ours, reference), (cpu, cpu_of_reference)) = (pair, times);
        // For those who look for what costs: the rates, and what this process has computed.
        eprintln!(
            "  {ours:.0} / {reference:.0} = {:.2}, {cpu:?} / {cpu_of_reference:?} of CPU",
            ours / reference
        );
        all.push(pair);
    }
    all.sort_unstable_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    all.get(pairs / 2).copied().ok_or_else(|| "no pair was run".into())
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
