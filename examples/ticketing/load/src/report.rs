//! The report: a table of answers by kind, the states of the books, and the picture.

mod picture;

use std::{collections::BTreeMap, fmt::Write as _, sync::atomic::Ordering, time::Duration};

pub use picture::picture;

use crate::{
    books::Verdict,
    progress::shown,
    record::{Kind, Outcome, Sample, percentile, sorted},
    trade::Market,
};

/// Writes the report in Markdown; `how` says how it came about.
#[must_use]
pub fn report(
    title: &str,
    how: &str,
    samples: &[Sample],
    market: &Market,
    verdict: &Verdict,
    duration: Duration,
) -> String {
    let mut text = format!("# {title}\n\n{how}\n\n");
    // A String takes everything that is written.
    let _ = answers(&mut text, samples, duration);
    let _ = outcomes(&mut text, samples);
    let _ = trades(&mut text, market, duration);
    let _ = states(&mut text, verdict);
    text
}

fn answers(text: &mut String, samples: &[Sample], duration: Duration) -> std::fmt::Result {
    writeln!(text, "| request | answers | per second | p50 | p90 | p99 | p99.9 | longest |")?;
    writeln!(text, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
    let row = |text: &mut String, name: &str, took: &[Duration]| {
        #[expect(clippy::cast_precision_loss, reason = "a count of answers, to one decimal")]
        let rate = took.len() as f64 / duration.as_secs_f64().max(f64::EPSILON);
        let at = |part| shown(percentile(took, part));
        writeln!(
            text,
            "| {name} | {} | {rate:.1} | {} | {} | {} | {} | {} |",
            took.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            at(1.0)
        )
    };
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Check) {
        let took = sorted(samples, |sample| sample.kind == kind);
        if !took.is_empty() {
            row(text, &kind.to_string(), &took)?;
        }
    }
    row(text, "**all**", &sorted(samples, |sample| sample.kind != Kind::Check))?;
    writeln!(text)
}

fn outcomes(text: &mut String, samples: &[Sample]) -> std::fmt::Result {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.kind != Kind::Check) {
        let outcome = match sample.outcome {
            Outcome::Answered(status) => status.as_str().to_owned(),
            Outcome::NoAnswer => "no answer".to_owned(),
        };
        *counts.entry(outcome).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    writeln!(text, "Answers by status: {}.\n", counts.join(", "))
}

fn trades(text: &mut String, market: &Market, duration: Duration) -> std::fmt::Result {
    let counts = market.counts();
    let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    #[expect(clippy::cast_precision_loss, reason = "a count of orders, to one decimal")]
    let rate = count(&counts.ordered) as f64 / duration.as_secs_f64().max(f64::EPSILON);
    writeln!(
        text,
        "Tickets listed {}, orders placed {} ({rate:.1} a second), lost to another buyer {}, \
         confirmed {}, paid {}, declined {}, cancelled {}, not confirmed {}.\n",
        count(&counts.listed),
        count(&counts.ordered),
        count(&counts.contested),
        count(&counts.reserved),
        count(&counts.paid),
        count(&counts.declined),
        count(&counts.cancelled),
        count(&counts.lost),
    )
}

fn states(text: &mut String, verdict: &Verdict) -> std::fmt::Result {
    writeln!(text, "| at the end | |\n|---|---:|")?;
    for (state, count) in &verdict.states {
        writeln!(text, "| {state} | {count} |")?;
    }
    writeln!(text)?;
    if verdict.breaches.is_empty() {
        return writeln!(
            text,
            "The books agree: no ticket is sold twice, every charge has its complete order or is \
             refunded, every lock is held by an open order, and what was answered for is there."
        );
    }
    writeln!(text, "**{} breaches:**\n", verdict.breaches.len())?;
    verdict.breaches.iter().try_for_each(|breach| writeln!(text, "- {breach}"))
}
