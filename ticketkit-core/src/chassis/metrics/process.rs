//! What the system knows of the process, read when the metrics are.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};

/// The kernel counts times for user space in this unit on every architecture of Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The names and meanings of Prometheus' own client libraries.
#[derive(Debug)]
pub(super) struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if let Some(bytes) = resident_bytes() {
            gauge(
                &mut encoder,
                "process_resident_memory",
                "Memory in use",
                Some(&Unit::Bytes),
                bytes,
            )?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // One of them is the folder that is being read.
            let open = open.count().saturating_sub(1) as f64;
            gauge(&mut encoder, "process_open_fds", "Open file descriptors", None, open)?;
        }
        let Some(stat) =
            fs::read_to_string("/proc/self/stat").ok().and_then(|text| Stat::of(&text))
        else {
            return Ok(());
        };
        gauge(&mut encoder, "process_threads", "Threads of the system", None, stat.threads)?;
        if let Some(boot) = boot_time() {
            let start = boot + stat.start;
            let help = "When the process began, since 1970";
            gauge(&mut encoder, "process_start_time", help, Some(&Unit::Seconds), start)?;
        }
        let cpu = ConstCounter::new(stat.cpu);
        let help = "Processor time, of the user and of the system";
        let kind = cpu.metric_type();
        cpu.encode(encoder.encode_descriptor("process_cpu", help, Some(&Unit::Seconds), kind)?)
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: f64,
) -> fmt::Result {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, unit, gauge.metric_type())?)
}

fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kib| kib * 1024.0)
}

fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// Times in seconds, the start since the system booted.
#[derive(Debug, PartialEq)]
struct Stat {
    cpu: f64,
    threads: f64,
    start: f64,
}

impl Stat {
    fn of(text: &str) -> Option<Self> {
        // The name of the program may hold anything, also brackets and spaces: what follows the
        // last bracket is the third field of `man proc_pid_stat`.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu: (field(14)? + field(15)?) / TICKS_PER_SECOND,
            threads: field(20)?,
            start: field(22)? / TICKS_PER_SECOND,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let text = "12 (a) b (c) S 1 12 12 0 -1 4194560 5 0 0 0 250 50 0 0 20 0 7 0 8000 1 2 3";
        assert_eq!(Stat::of(text), Some(Stat { cpu: 3.0, threads: 7.0, start: 80.0 }));
        assert_eq!(Stat::of("12 (a"), None);
        assert_eq!(Stat::of("12 (a) S 1"), None);
    }
}
