//! What the benchmarks have in common.
//!
//! A benchmark is a package of this workspace called `bench-NAME`, whose program prints one line per
//! [`Figure`] to standard output, its fields separated by tabs; `cargo xtask bench NAME` runs it and
//! shows the lines, for people or as JSON. [`compare`] measures ours and the reference in turns, so
//! that whatever else the machine does hits both.
//!
//! ```
//! use ticketkit_bench::{Figure, compare};
//!
//! let (ours, reference) = compare(|| 1 + 1, || 1 + 1);
//! println!("{}", Figure::new("addition", ours, reference, "ns"));
//! ```

use std::{
    fmt,
    future::Future,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// How long one round of one side takes: short, so that some rounds fall between whatever else the
/// machine does.
const ROUND: Duration = Duration::from_millis(1);

/// How many rounds each side gets.
const ROUNDS: usize = 500;

/// One figure of a benchmark.
#[derive(Debug, Clone)]
pub struct Figure {
    name: String,
    ours: f64,
    reference: f64,
    unit: &'static str,
    bound: Bound,
}

/// What a figure has to keep.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// The reference is that of a peer, and whatever the ratio is, it is fine.
    None,
    /// The reference is no measurement but what ours must not exceed.
    Reference,
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    /// Makes a figure that is compared with that of something else.
    pub fn new(name: impl Into<String>, ours: f64, reference: f64, unit: &'static str) -> Self {
        Self { name: name.into(), ours, reference, unit, bound: Bound::None }
    }

    /// Makes a figure that must not be above a bound; where it is, the command fails.
    pub fn at_most(name: impl Into<String>, ours: f64, bound: f64, unit: &'static str) -> Self {
        Self { bound: Bound::Reference, ..Self::new(name, ours, bound, unit) }
    }

    /// Makes a figure, such as a rate, that must be at least `ratio` times that of the reference.
    pub fn at_least(
        name: impl Into<String>,
        ours: f64,
        reference: f64,
        ratio: f64,
        unit: &'static str,
    ) -> Self {
        Self { bound: Bound::AtLeast(ratio), ..Self::new(name, ours, reference, unit) }
    }

    /// Makes a figure, such as a time, that must be at most `ratio` times that of the reference.
    pub fn at_most_ratio(
        name: impl Into<String>,
        ours: f64,
        reference: f64,
        ratio: f64,
        unit: &'static str,
    ) -> Self {
        Self { bound: Bound::AtMost(ratio), ..Self::new(name, ours, reference, unit) }
    }
}

/// The line that `cargo xtask bench` reads.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ours, reference, unit, bound } = self;
        write!(f, "{name}\t{ours:.3}\t{reference:.3}\t{unit}\t")?;
        match bound {
            Bound::None => f.write_str("peer"),
            Bound::Reference => f.write_str("bound"),
            Bound::AtLeast(ratio) => write!(f, "at-least {ratio}"),
            Bound::AtMost(ratio) => write!(f, "at-most {ratio}"),
        }
    }
}

/// Measures two pieces of code in turns: nanoseconds a call, of the quickest round of each.
///
/// The quickest, because a machine that does something else only ever makes a round slower.
pub fn compare<A, B>(mut ours: impl FnMut() -> A, mut reference: impl FnMut() -> B) -> (f64, f64) {
    let (calls_a, calls_b) = (calls_per_round(&mut ours), calls_per_round(&mut reference));
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(round(&mut ours, calls_a));
        best.1 = best.1.min(round(&mut reference, calls_b));
    }
    best
}

/// Measures one piece of code: nanoseconds a call, of the quickest round.
pub fn measure<A>(mut code: impl FnMut() -> A) -> f64 {
    let calls = calls_per_round(&mut code);
    (0..ROUNDS).map(|_| round(&mut code, calls)).fold(f64::INFINITY, f64::min)
}

/// Runs a future that never has to wait.
///
/// # Panics
///
/// If it has to wait.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits, so that its time is not its own"),
    }
}

fn calls_per_round<A>(code: &mut impl FnMut() -> A) -> u32 {
    let begun = Instant::now();
    let mut calls = 0;
    while begun.elapsed() < ROUND || calls < 10 {
        black_box(code());
        calls += 1;
    }
    calls
}

fn round<A>(code: &mut impl FnMut() -> A, calls: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..calls {
        black_box(code());
    }
    begun.elapsed().as_nanos() as f64 / f64::from(calls)
}
