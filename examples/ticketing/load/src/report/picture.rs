//! The picture of latency over time, as SVG.

use std::{fmt::Write as _, time::Duration};

use crate::{
    progress::shown,
    record::{Kind, Sample, percentile, sorted},
};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 45.0;

/// The lines: a part of the answers, and a colour that is told apart by everybody.
const LINES: [(f64, &str, &str); 3] =
    [(0.5, "p50", "#0072b2"), (0.9, "p90", "#e69f00"), (0.99, "p99", "#d55e00")];

/// Draws percentiles of all answers by second, on a scale where each line is ten times the one
/// below.
#[must_use]
pub fn picture(title: &str, samples: &[Sample]) -> String {
    let samples: Vec<_> =
        samples.iter().filter(|sample| sample.kind != Kind::Check).copied().collect();
    let seconds = samples.iter().map(|sample| sample.at.as_secs() + 1).max().unwrap_or(1);
    let mut by_second = vec![Vec::new(); usize::try_from(seconds).unwrap_or(1)];
    for sample in &samples {
        if let Some(second) =
            usize::try_from(sample.at.as_secs()).ok().and_then(|s| by_second.get_mut(s))
        {
            second.push(*sample);
        }
    }
    let all = sorted(&samples, |_| true);
    let scale = Scale::of(percentile(&all, 0.0), percentile(&all, 1.0), by_second.len());
    let mut svg = String::new();
    // A String takes everything that is written.
    let _ = draw(&mut svg, title, &by_second, &scale);
    svg
}

struct Scale {
    /// Exponents of ten of milliseconds.
    low: i32,
    high: i32,
    seconds: usize,
}

impl Scale {
    fn of(least: Duration, most: Duration, seconds: usize) -> Self {
        let exponent = |time: Duration| (time.as_secs_f64() * 1e3).max(1e-3).log10();
        #[expect(clippy::cast_possible_truncation, reason = "an exponent between -3 and 6")]
        let (low, high) = (exponent(least).floor() as i32, exponent(most).ceil() as i32);
        Self { low, high: high.max(low + 1), seconds: seconds.max(2) }
    }

    #[expect(clippy::cast_precision_loss, reason = "a second of a run, in pixels")]
    fn x(&self, second: usize) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * second as f64 / (self.seconds - 1) as f64
    }

    fn y(&self, time: Duration) -> f64 {
        let exponent = (time.as_secs_f64() * 1e3).max(1e-3).log10();
        let part = (exponent - f64::from(self.low)) / f64::from(self.high - self.low);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part
    }
}

fn draw(
    svg: &mut String,
    title: &str,
    by_second: &[Vec<Sample>],
    scale: &Scale,
) -> std::fmt::Result {
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"15\">{}</text>",
        escaped(title),
        escaped(title)
    )?;
    for exponent in scale.low..=scale.high {
        let time = Duration::from_secs_f64(10_f64.powi(exponent - 3));
        let y = scale.y(time);
        writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            shown(time)
        )?;
    }
    let step = (scale.seconds / 10).max(1);
    for second in (0..scale.seconds).step_by(step) {
        let x = scale.x(second);
        let y = HEIGHT - BOTTOM + 18.0;
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{second} s</text>")?;
    }
    for (index, (part, name, colour)) in LINES.into_iter().enumerate() {
        line(svg, by_second, scale, part, colour)?;
        #[expect(clippy::cast_precision_loss, reason = "the number of a line, in pixels")]
        let x = WIDTH - RIGHT - 150.0 + 55.0 * index as f64;
        writeln!(svg, "<text x=\"{x:.1}\" y=\"20\" fill=\"{colour}\">{name}</text>")?;
    }
    writeln!(svg, "</svg>")
}

fn line(
    svg: &mut String,
    by_second: &[Vec<Sample>],
    scale: &Scale,
    part: f64,
    colour: &str,
) -> std::fmt::Result {
    let points = by_second.iter().enumerate().filter(|(_, samples)| !samples.is_empty());
    let points = points.map(|(second, samples)| {
        let took = sorted(samples, |_| true);
        format!("{:.1},{:.1}", scale.x(second), scale.y(percentile(&took, part)))
    });
    let points = points.collect::<Vec<_>>().join(" ");
    writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::record::Outcome;

    #[test]
    fn every_point_is_within_the_picture() {
        let samples: Vec<_> = (0..600)
            .map(|i| Sample {
                kind: Kind::Order,
                at: Duration::from_millis(i * 100),
                took: Duration::from_micros(200 + i * i * 10),
                outcome: Outcome::Answered(StatusCode::OK),
            })
            .collect();
        let svg = picture("a < b", &samples);
        assert!(svg.contains("a &lt; b") && svg.trim_end().ends_with("</svg>"));
        let points = svg.split("points=\"").skip(1).flat_map(|rest| {
            rest.split('"').next().unwrap_or_default().split(' ').collect::<Vec<_>>()
        });
        let mut count = 0;
        for point in points {
            let (x, y) = point.split_once(',').unwrap();
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((LEFT..=WIDTH).contains(&x) && (TOP - 1.0..=HEIGHT).contains(&y), "{point}");
            count += 1;
        }
        assert_eq!(count, 3 * 60);
        assert!(picture("nothing", &[]).contains("</svg>"));
    }
}
