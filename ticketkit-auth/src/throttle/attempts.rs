use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ticketkit_core::error::RateLimited;

use super::{
    bucket::{network, pair},
    window::Windows,
};
use crate::Clock;

/// How many accounts with addresses, and how many addresses, are remembered.
const CAPACITY: usize = 100_000;

/// Counts failed sign-ins in memory. A cheap, shared handle.
#[derive(Debug, Clone)]
pub struct Throttle {
    /// Nothing if it is switched off.
    state: Option<Arc<Mutex<State>>>,
    clock: Clock,
}

#[derive(Debug)]
struct State {
    /// By the hash of account and address: accounts are as long as clients like.
    pairs: Windows<[u8; 16]>,
    addresses: Windows<u128>,
}

impl Throttle {
    /// Makes a throttle: 10 failures in 5 minutes per account and address together, 100 per
    /// address.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self::with_limits(clock, Duration::from_secs(300), 10, 100)
    }

    /// Makes a throttle with other limits.
    #[must_use]
    pub fn with_limits(
        clock: Clock,
        window: Duration,
        per_account_and_address: usize,
        per_address: usize,
    ) -> Self {
        let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let state = State {
            pairs: Windows::new(per_account_and_address, length, CAPACITY),
            addresses: Windows::new(per_address, length, CAPACITY),
        };
        Self { state: Some(Arc::new(Mutex::new(state))), clock }
    }

    /// Makes a throttle that throttles nothing: for load tests.
    #[must_use]
    pub fn off() -> Self {
        Self { state: None, clock: Clock::system() }
    }

    /// Begins an attempt. The account is the name that was typed, in its one spelling.
    ///
    /// # Errors
    ///
    /// If there were too many failures; the password must not even be looked at.
    pub fn begin(&self, account: &str, address: IpAddr) -> Result<Attempt, RateLimited> {
        let attempt = Attempt {
            throttle: self.clone(),
            pair: pair(account, address),
            address: network(address),
        };
        attempt.settle(false)?;
        Ok(attempt)
    }
}

/// An attempt under way. Dropped without a result it counts for nothing: whoever hangs up does not
/// learn whether the password was right.
#[derive(Debug)]
#[must_use = "an attempt counts only when it is settled"]
pub struct Attempt {
    throttle: Throttle,
    pair: [u8; 16],
    address: u128,
}

impl Attempt {
    /// Settles an attempt with the right password.
    ///
    /// # Errors
    ///
    /// If other attempts have failed meanwhile and reached the limit: of many at once, no more are
    /// answered than one after the other.
    pub fn succeeded(self) -> Result<(), RateLimited> {
        self.settle(false)
    }

    /// Settles an attempt with the wrong password, or for an unknown account.
    ///
    /// # Errors
    ///
    /// As [`succeeded`](Self::succeeded).
    pub fn failed(self) -> Result<(), RateLimited> {
        self.settle(true)
    }

    fn settle(&self, failed: bool) -> Result<(), RateLimited> {
        let Some(state) = &self.throttle.state else { return Ok(()) };
        let now = self.throttle.clock.unix_millis();
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = state
            .pairs
            .blocked_for(self.pair, now)
            .max(state.addresses.blocked_for(self.address, now));
        if let Some(millis) = wait {
            return Err(RateLimited { retry_after: millis.unsigned_abs().div_ceil(1000) });
        }
        if failed {
            state.pairs.record(self.pair, now);
            state.addresses.record(self.address, now);
        }
        Ok(())
    }
}
