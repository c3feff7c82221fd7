//! Rates and times, and how they are compared.

use std::time::{Duration, Instant};

use crate::Result;

/// Returns how many a second that was.
pub(crate) fn rate(count: u64, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Runs rounds of two sides in blocks of ours, reference, reference, ours, after a step that prepares
/// each half, and returns the rates of the block whose ratio is the median.
///
/// Whatever else the machine does hits both sides of a block about alike, and who comes second, which is
/// up to a third quicker or slower, is either: a ratio is worth more than either rate, and the median more
/// than the best.
pub(crate) async fn compare(
    blocks: usize,
    mut before: impl AsyncFnMut() -> Result<()>,
    mut ours: impl AsyncFnMut() -> Result<f64>,
    mut reference: impl AsyncFnMut() -> Result<f64>,
) -> Result<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::with_capacity(blocks);
    for _ in 0..blocks {
        before().await?;
        let first = (measured(&mut ours).await?, measured(&mut reference).await?);
        before().await?;
        let reference = measured(&mut reference).await?;
        let second = (measured(&mut ours).await?, reference);
        let block = (mean(first.0, second.0), mean(first.1, second.1));
        // For those who look for what costs: the rates, and what this process has computed.
        eprintln!("  {first:.2?} {second:.2?}: {:.3}", block.0 / block.1);
        all.push(block);
    }
    all.sort_unstable_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    all.get(blocks / 2).copied().ok_or_else(|| "no block was run".into())
}

/// A rate, and the seconds that this process computed meanwhile.
type Measured = (f64, f64);

async fn measured(side: &mut impl AsyncFnMut() -> Result<f64>) -> Result<Measured> {
    let begun = cpu_time();
    let rate = side().await?;
    Ok((rate, (cpu_time() - begun).as_secs_f64()))
}

/// Returns the rate of two rounds of as much together.
fn mean((one, _): Measured, (other, _): Measured) -> f64 {
    2.0 / (1.0 / one + 1.0 / other)
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
