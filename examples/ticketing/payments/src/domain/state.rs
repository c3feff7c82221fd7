//! The states of a payment.

use std::time::Duration;

use ticketing_contracts::payment::PaymentStatus::{self, *};

use crate::provider::ChargeState;

/// The step that a payment takes when the provider says this; nothing where it is there already.
///
/// Steps go forward only, so that an old report does nothing, and each is one transition: what the
/// provider says is taken step by step, so that none of the effects on the way is left out.
pub(crate) fn next(status: PaymentStatus, state: &ChargeState) -> Option<PaymentStatus> {
    match (status, state) {
        (Pending, ChargeState::Processing) => Some(Processing),
        (Pending | Processing, ChargeState::RequiresAction { .. }) => Some(RequiresAction),
        (Pending | Processing | RequiresAction, ChargeState::Succeeded | ChargeState::Refunded) => {
            Some(Succeeded)
        }
        (Pending | Processing | RequiresAction, ChargeState::Failed { .. }) => Some(Failed),
        // Charged after all: the buyer was told that nothing was, so it goes back.
        (Failed, ChargeState::Succeeded) => Some(Refunding),
        // Given back at the provider, by hand.
        (Succeeded, ChargeState::Refunded) => Some(Refunding),
        (Refunding, ChargeState::Refunded) => Some(Refunded),
        _ => None,
    }
}

/// How long after a change of status the provider is asked for the first time, where there is
/// something to ask. `answered` tells whether the change is what the provider answered.
pub(crate) fn first_check(status: PaymentStatus, answered: bool) -> Option<Duration> {
    match status {
        // Longer than a call may take, or a slow one would be taken for a crash.
        Pending => Some(Duration::from_secs(5)),
        // An answer that was lost is looked for at once; else a webhook should come first.
        Processing if !answered => Some(Duration::from_millis(500)),
        Processing | RequiresAction => Some(Duration::from_secs(5)),
        Refunding => Some(Duration::ZERO),
        Succeeded | Failed | Refunded => None,
    }
}

/// The pause before the provider is asked again, after `checks` times.
pub(crate) fn later_check(checks: i64) -> Duration {
    let doublings = u32::try_from(checks.clamp(0, 6)).unwrap_or_default();
    Duration::from_secs(1 << doublings).min(Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [PaymentStatus; 7] =
        [Pending, Processing, RequiresAction, Succeeded, Failed, Refunding, Refunded];

    fn states() -> [ChargeState; 5] {
        [
            ChargeState::Processing,
            ChargeState::RequiresAction { client_secret: "s".to_owned() },
            ChargeState::Succeeded,
            ChargeState::Failed { reason: "r".to_owned() },
            ChargeState::Refunded,
        ]
    }

    #[test]
    fn f21_a_report_that_was_applied_does_nothing_when_it_comes_again() {
        for status in ALL {
            for state in states() {
                let mut steps = 0;
                let mut now = status;
                while let Some(then) = next(now, &state) {
                    now = then;
                    steps += 1;
                    assert!(steps < 5, "{status:?} never settles on {state:?}");
                }
                assert_eq!(next(now, &state), None, "{status:?} {state:?}");
            }
        }
    }

    #[test]
    fn nothing_leaves_refunded_and_an_old_report_takes_nothing_back() {
        for state in states() {
            assert_eq!(next(Refunded, &state), None);
        }
        for old in [&states()[0], &states()[1], &states()[3]] {
            for status in [Succeeded, Failed, Refunding] {
                assert_eq!(next(status, old), None, "{status:?} {old:?}");
            }
        }
    }

    #[test]
    fn f3_a_charge_that_succeeds_after_it_failed_goes_back() {
        assert_eq!(next(Failed, &ChargeState::Succeeded), Some(Refunding));
    }
}
