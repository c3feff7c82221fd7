use std::time::Duration;

/// How old a copy of a key set may become before it is fetched again: the `max-age` to answer
/// `/.well-known/jwks.json` with, and how often services that follow the issuer fetch it. 5 minutes.
pub const CACHE_AGE: Duration = Duration::from_secs(300);

/// The longest lifetime of a token that verifiers accept unless they are told another.
const TOKEN_LIFETIME: Duration = Duration::from_secs(900);

/// For what is not counted otherwise: until every instance of the issuer has read its folder of keys
/// again, until a fetch has ended, and for clocks that differ (the leeway of verifiers, twice 5 s).
const MARGIN: Duration = Duration::from_secs(60);

/// How long a key stays in the stages in which it does not sign, so that no verifier ever meets a
/// token whose key it cannot have, or has no more.
///
/// ```
/// use std::time::Duration;
/// use ticketkit_auth::keys::{CACHE_AGE, Overlap};
///
/// assert_eq!(Overlap::DEFAULT.publish, Duration::from_secs(11 * 60));
/// assert_eq!(Overlap::DEFAULT.retire, Duration::from_secs(16 * 60));
/// // Verifiers that accept tokens of an hour.
/// let longer = Overlap::of(CACHE_AGE, Duration::from_secs(3600));
/// assert_eq!(longer.retire, Duration::from_secs(61 * 60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// How long a key is published before it may sign; 11 minutes by default.
    ///
    /// Twice the age of caches: a verifier fetched just before the key was there, and its next fetch
    /// is answered by a cache between the two that did so just before, too. And a minute.
    pub publish: Duration,
    /// How long a key is published after it has signed for the last time; 16 minutes by default.
    ///
    /// The longest life of a token that a verifier accepts, and a minute. Revocations are signed with
    /// the same keys, and are forgotten after that time too.
    pub retire: Duration,
}

impl Overlap {
    /// For key sets that are kept for [`CACHE_AGE`], and tokens that live for 15 minutes at most.
    pub const DEFAULT: Self = Self::of(CACHE_AGE, TOKEN_LIFETIME);

    /// Returns the overlap that caches and tokens of these ages demand.
    #[must_use]
    pub const fn of(cache_age: Duration, token_lifetime: Duration) -> Self {
        Self {
            publish: cache_age.saturating_mul(2).saturating_add(MARGIN),
            retire: token_lifetime.saturating_add(MARGIN),
        }
    }

    /// Returns the overlap that also outlasts tokens of this lifetime.
    pub(super) fn outlasting(self, token_lifetime: Duration) -> Self {
        let retire = token_lifetime.saturating_add(MARGIN);
        Self { retire: self.retire.max(retire), ..self }
    }
}

impl Default for Overlap {
    fn default() -> Self {
        Self::DEFAULT
    }
}
