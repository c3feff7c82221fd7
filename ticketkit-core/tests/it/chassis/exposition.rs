//! The text of the metrics, read as a collector reads it.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::{Router, routing::get};
use ticketkit_core::{
    ErrorLayer,
    chassis::{HttpMetrics, Metrics, http as stack},
};

use crate::support::get as fetch;

#[derive(Debug)]
struct Sample<'a> {
    name: &'a str,
    labels: BTreeMap<&'a str, String>,
    value: f64,
}

#[derive(Debug, Default)]
struct Exposition<'a> {
    types: HashMap<&'a str, &'a str>,
    units: HashMap<&'a str, &'a str>,
    helps: HashSet<&'a str>,
    samples: Vec<Sample<'a>>,
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn sample(line: &str) -> Sample<'_> {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let mut labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"));
    let mut read = BTreeMap::new();
    while let Some((name, rest)) = labels.split_once("=\"") {
        assert!(is_name(name), "label {name:?} in {line}");
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next().unwrap_or_else(|| panic!("{line}")) {
                (_, '\\') => value.push(chars.next().unwrap().1),
                (at, '"') => break at,
                (_, c) => value.push(c),
            }
        };
        assert!(read.insert(name, value).is_none(), "{name} twice in {line}");
        labels = rest[end + 1..].trim_start_matches(',');
    }
    assert_eq!(labels, "", "{line}");
    Sample { name, labels: read, value: value.parse().unwrap() }
}

fn parse(text: &str) -> Exposition<'_> {
    let mut read = Exposition::default();
    let body = text.strip_suffix("# EOF\n").expect("an end");
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, name) = (words.next().unwrap(), words.next().unwrap());
            let rest = words.next().unwrap();
            assert!(is_name(name), "{line}");
            let fresh = match kind {
                "TYPE" => read.types.insert(name, rest).is_none(),
                "UNIT" => read.units.insert(name, rest).is_none(),
                "HELP" => read.helps.insert(name),
                _ => panic!("{line}"),
            };
            assert!(fresh, "twice: {line}");
        } else {
            read.samples.push(sample(line));
        }
    }
    read
}

/// Prometheus: base units at the end of the name, `_total` for counters, a type and a help for all.
fn check_conventions(read: &Exposition<'_>) {
    for (name, kind) in &read.types {
        assert!(read.helps.contains(name), "{name} has no help");
        assert!(!name.ends_with("_total") && !name.ends_with("_count"), "{name}");
        for unit in ["_ms", "_millis", "_kb", "_mb", "_minutes", "_percent"] {
            assert!(!name.ends_with(unit), "{name} is not in a base unit");
        }
        if let Some(unit) = read.units.get(name) {
            assert!(name.ends_with(&format!("_{unit}")), "{name} lacks its unit {unit}");
        }
        assert!(["counter", "gauge", "histogram"].contains(kind), "{name} is a {kind}");
    }
    let mut seen = HashSet::new();
    for sample in &read.samples {
        let known = read.types.iter().any(|(name, kind)| match *kind {
            "counter" => sample.name == format!("{name}_total"),
            "gauge" => sample.name == *name,
            _ => ["_bucket", "_sum", "_count"]
                .iter()
                .any(|end| sample.name == format!("{name}{end}")),
        });
        assert!(known, "{} has no type", sample.name);
        assert!(sample.value.is_finite() && sample.value >= 0.0, "{sample:?}");
        assert!(seen.insert((sample.name, sample.labels.clone())), "twice: {sample:?}");
    }
}

fn check_histogram(read: &Exposition<'_>, name: &str) {
    let counts = read.samples.iter().filter(|sample| sample.name == format!("{name}_count"));
    for count in counts {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for sample in read.samples.iter().filter(|s| s.name == format!("{name}_bucket")) {
            let mut labels = sample.labels.clone();
            let limit = labels.remove("le").expect("a limit");
            if labels == count.labels {
                buckets.push((limit.parse().unwrap(), sample.value));
            }
        }
        assert!(buckets.len() > 5, "{buckets:?}");
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{buckets:?}");
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count.value)), "{buckets:?}");
    }
}

#[tokio::test]
async fn the_text_is_what_a_collector_reads() {
    let metrics = Metrics::default();
    metrics.register_process();
    let routes = Router::new()
        .route("/tickets/{id}", get(|| async { "" }).delete(|| async { "" }))
        .route("/a\"b\\c", get(|| async { "" }));
    let errors = ErrorLayer::new("tickets");
    let app = routes.layer(stack::Stack::new("tickets", errors, &HttpMetrics::new(&metrics)));
    for path in ["/tickets/1", "/tickets/2", "/none", "/a%22b%5Cc"] {
        fetch(&app, path).await;
    }
    let text = metrics.to_text();
    let read = parse(&text);
    check_conventions(&read);
    check_histogram(&read, "http_request_duration_seconds");
    let found = |name: &str, route: &str| {
        let of_route = |sample: &&Sample<'_>| {
            sample.name == name && sample.labels.get("route").is_some_and(|label| label == route)
        };
        read.samples.iter().find(of_route).map(|sample| sample.value)
    };
    assert_eq!(found("http_requests_total", "/tickets/{id}"), Some(2.0), "{text}");
    assert_eq!(found("http_request_duration_seconds_count", "/tickets/{id}"), Some(2.0));
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_knows_itself() {
    let metrics = Metrics::default();
    metrics.register_process();
    let text = metrics.to_text();
    let read = parse(&text);
    check_conventions(&read);
    let value = |name: &str| read.samples.iter().find(|sample| sample.name == name).unwrap().value;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - value("process_start_time_seconds");
    assert!((-5.0..86_400.0).contains(&age), "started {age} s ago");
    assert!(value("process_resident_memory_bytes") > 100_000.0);
    assert!(value("process_open_fds") >= 3.0 && value("process_threads") >= 1.0);
    assert!(value("process_cpu_seconds_total") < age + 3600.0);
}
