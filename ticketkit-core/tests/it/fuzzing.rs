//! The properties of `tests/fuzz`, on inputs that are mutated without knowledge of the code.
//!
//! That finds less than the fuzzer in `fuzz`, which has coverage, and runs everywhere, always the same: `TICKETKIT_FUZZ_ROUNDS`
//! makes it longer, and `TICKETKIT_FUZZ_SEED` another one.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

#[expect(unreachable_pub, reason = "a fuzzer is another crate")]
#[path = "../fuzz/properties.rs"]
mod properties;

/// What the mutations begin with: a file each, which a fuzzer begins with as well.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_none_or(|e| e != "rs")).collect();
    // Folders have no order of their own.
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// What has a meaning to a parser.
const WORDS: &[&[u8]] = &[
    b"null",
    b"true",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"1e400",
    b"-0",
    b"0.1",
    b"9223372036854775808",
    b"\"errors\":[]",
    b"\"status\":200",
    b"\"message\":\"\"",
    b"{}",
    b"[]",
    b"%",
    b"%ff",
    b"%2B",
    b"+",
    b"&",
    b"=",
    b";",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\0",
    b"\r\n",
    b"999999999999999999999",
    b"-",
    b"Z",
    b".",
];

#[test]
fn what_holds_for_any_bytes_holds_for_mutated_ones() {
    let number =
        |name, default| std::env::var(name).map_or(default, |text: String| text.parse().unwrap());
    let rounds = number("TICKETKIT_FUZZ_ROUNDS", 40_000);
    let mut random = Random(number("TICKETKIT_FUZZ_SEED", 4711).max(1));
    let mut corpus = [files("golden"), files("fuzz/seeds")].concat();
    let seeds = corpus.len();
    for _ in 0..rounds {
        let mut input = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut input, &mut random, &corpus);
        }
        input.truncate(4096);
        for (name, holds) in properties::ALL {
            let held = catch_unwind(AssertUnwindSafe(|| holds(&input)));
            assert!(held.is_ok(), "`{name}` does not hold for {}", input.escape_ascii());
        }
        // Some live on, so that mutations add up.
        if random.below(20) == 0 {
            let at = seeds + random.below(200);
            if at < corpus.len() { corpus[at] = input } else { corpus.push(input) }
        }
    }
}

/// The loop finds something that is seldom: without that it would prove nothing.
#[test]
fn mutations_reach_documents_that_parse_and_such_that_do_not() {
    let mut random = Random(1);
    let corpus = files("golden");
    let (mut parsed, mut refused) = (0, 0);
    for _ in 0..2000 {
        let mut input = corpus[random.below(corpus.len())].clone();
        mutate(&mut input, &mut random, &corpus);
        let is_problem = ticketkit_core::Problem::parse(&input).is_ok();
        *if is_problem { &mut parsed } else { &mut refused } += 1;
    }
    assert!(parsed > 100 && refused > 100, "{parsed} parsed, {refused} refused");
}

fn mutate(input: &mut Vec<u8>, random: &mut Random, corpus: &[Vec<u8>]) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(12)).min(input.len());
    match random.below(6) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = u8::try_from(random.below(256)).unwrap(),
        2 => drop(input.drain(at..end)),
        3 => {
            let copy = input[at..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, copy);
        }
        4 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len() + 1);
            input.splice(at..end, other[from..].iter().copied().take(40));
        }
        _ => drop(input.splice(at..end, WORDS[random.below(WORDS.len())].iter().copied())),
    }
}

/// Marsaglia's xorshift, which gives the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}
