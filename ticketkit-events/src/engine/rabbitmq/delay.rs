//! The steps of waiting: one queue each, so that a long wait never holds up a
//! short one, as it would with a time per message in one queue.
//!
//! So it is on every version. From 4.3 a quorum queue can put off by itself what a consumer rejects
//! (`x-delayed-retry-type`, `x-delayed-retry-min`, `x-delayed-retry-max`; by its documentation), which
//! is no substitute:
//!
//! - It waits `min(retry-min * failures, retry-max)`, in a line and alike for all of a queue. A retry
//!   policy doubles and scatters its pauses, a handler that says "not now" names its own, and neither
//!   may end early. A time for each message is for clients of AMQP 1.0 alone.
//! - The arguments of a queue stay as they were declared, and a declaration with others is refused. A
//!   policy is the program's: a release that changes it would not start until the queue is deleted.
//! - A rejected message comes back as it was. The number of failures, apart from that of crashes, and
//!   what went wrong travel in its headers.
//! - lapin 4.12 does not tell which version the server states.

use std::time::Duration;

/// Six steps a decade up to a minute, then coarser. A wait is as long as it was
/// asked for or longer, by two thirds at most, and never shorter.
const STEPS: [u64; 29] = [
    10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_000,
    10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
    3_600_000,
];

/// Returns the step to wait now, and what is left to wait after it; both in ms.
pub(super) fn next(wait: Duration) -> (u64, u64) {
    // The broker counts in whole milliseconds: one more, so that it is not early.
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    match STEPS.iter().find(|&&step| step >= wait) {
        Some(&step) => (step, 0),
        None => (STEPS[STEPS.len() - 1], wait - STEPS[STEPS.len() - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_shorter_and_little_longer() {
        for wait in (0..60_000).step_by(7) {
            let (step, left) = next(Duration::from_millis(wait));
            assert_eq!(left, 0);
            assert!(step > wait, "{wait} waits {step}");
            assert!(step <= (wait + 1) * 5 / 3 + 10, "{wait} waits {step}");
        }
    }

    #[test]
    fn what_is_longer_than_the_longest_step_waits_in_turns() {
        let (mut wait, mut total) = (10_000_000, 0);
        while wait > 0 {
            let (step, left) = next(Duration::from_millis(wait));
            (wait, total) = (left, total + step);
        }
        assert!(total > 10_000_000, "{total}");
    }
}
