//! Waiting for a condition with a deadline.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// How long news may take from one service to another before a test gives up. Generous, for slow
/// machines: what is tested is that it arrives, not how fast.
pub const SOON: Duration = Duration::from_secs(15);

/// Calls `probe` until it answers `Ok`, and fails with what it last saw after `limit`.
#[track_caller]
pub fn eventually<T, E: Debug>(
    what: &str,
    limit: Duration,
    mut probe: impl FnMut() -> Result<T, E>,
) -> T {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        match probe() {
            Ok(value) => return value,
            Err(seen) if start.elapsed() >= limit => {
                panic!("{what}: not within {limit:?}; last seen: {seen:?}")
            }
            Err(_) => thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_first_success() {
        let mut calls = 0;
        let value = eventually("three calls", SOON, || {
            calls += 1;
            if calls == 3 { Ok(calls) } else { Err(calls) }
        });
        assert_eq!(value, 3);
    }

    #[test]
    #[should_panic(expected = "last seen: \"still no\"")]
    fn gives_up_with_what_it_saw() {
        eventually("a yes", Duration::from_millis(5), || Err::<(), _>("still no"));
    }
}
