use std::{error::Error, fmt, net::IpAddr, pin::Pin};

use ticketkit_core::{ServiceError, error::RateLimited};

use super::Throttle;

/// The future of an answer.
pub(super) type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), ThrottleError>> + Send + 'a>>;

/// A throttle wherever it counts, for a service that takes either as `Arc<dyn SignInThrottle>`:
/// [`Throttle`] in the memory of one process, `SqlThrottle` (feature `sql`) in the database that several
/// instances share.
pub trait SignInThrottle: fmt::Debug + Send + Sync + 'static {
    /// Refuses who has failed too often. Ask before the password is looked at, and again when it was
    /// right: of many at once, no more are answered than one after the other.
    ///
    /// The account is the name that was typed, in its one spelling.
    fn check<'a>(&'a self, account: &'a str, address: IpAddr) -> Answer<'a>;

    /// Counts an attempt with the wrong password, or for an unknown account; refuses as
    /// [`check`](Self::check) does, and then counts nothing. Dropped, it has counted or not.
    fn record_failure<'a>(&'a self, account: &'a str, address: IpAddr) -> Answer<'a>;
}

/// Why an attempt is not answered.
#[derive(Debug, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum ThrottleError {
    /// There were too many failures.
    #[error(transparent)]
    #[problem(transparent)]
    Limited(#[from] RateLimited),
    /// It cannot be told how many there were, and then nobody guesses.
    #[error("failed sign-ins cannot be counted")]
    #[problem(internal)]
    Count(#[source] Box<dyn Error + Send + Sync>),
}

impl SignInThrottle for Throttle {
    fn check<'a>(&'a self, account: &'a str, address: IpAddr) -> Answer<'a> {
        Box::pin(async move { Ok(self.begin(account, address).map(drop)?) })
    }

    fn record_failure<'a>(&'a self, account: &'a str, address: IpAddr) -> Answer<'a> {
        Box::pin(async move { Ok(self.begin(account, address)?.failed()?) })
    }
}
