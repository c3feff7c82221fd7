//! argon2id itself, on the thread of the caller.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{Error, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use super::PasswordError;
use crate::random::{self, RandomError};

/// What hashing a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// 19 MiB, 2 passes, 1 lane: the parameters that OWASP recommends.
    pub const DEFAULT: Self = Self { memory: 19 * 1024, passes: 2, lanes: 1 };

    /// The most that a stored hash may ask for.
    pub const CAP: Self = Self { memory: 128 * 1024, passes: 10, lanes: 4 };

    const fn exceeds(self, cap: Self) -> bool {
        self.memory > cap.memory || self.passes > cap.passes || self.lanes > cap.lanes
    }

    fn argon2(self) -> Result<Argon2<'static>, PasswordError> {
        let params = Params::new(self.memory, self.passes, self.lanes, None)
            .map_err(|error| PasswordError::Cost(error.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Returns the hash in the PHC string format, under a new salt of 16 bytes.
pub(super) fn hash(password: &str, cost: Cost) -> Result<String, PasswordError> {
    let hash: PasswordHash = cost
        .argon2()?
        .hash_password(password.as_bytes())
        .map_err(|error| PasswordError::Failed(error.to_string()))?;
    Ok(hash.to_string())
}

/// A stored hash that may be computed.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    hash: PasswordHash,
    pub(super) cost: Cost,
}

impl Stored {
    /// Makes a hash of no password: to check one against it costs what any check costs, and to make
    /// it costs nothing, for its output is what chance gave. That a password fits has the odds of
    /// guessing 32 bytes.
    pub(super) fn of_nobody(cost: Cost) -> Result<Self, PasswordError> {
        let failed = |error: RandomError| PasswordError::Failed(error.to_string());
        let salt = STANDARD_NO_PAD.encode(random::bytes::<16>().map_err(failed)?);
        let output = STANDARD_NO_PAD.encode(random::bytes::<32>().map_err(failed)?);
        let Cost { memory, passes, lanes } = cost;
        cost.argon2()?;
        Self::parse(&format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}"))
    }

    pub(super) fn parse(text: &str) -> Result<Self, PasswordError> {
        let unfit = |reason: String| PasswordError::Stored(reason);
        let hash = PasswordHash::new(text).map_err(|error| unfit(error.to_string()))?;
        if hash.algorithm.as_str() != "argon2id" || hash.version != Some(19) {
            return Err(unfit(format!("{} version {:?}", hash.algorithm, hash.version)));
        }
        let params = Params::try_from(&hash).map_err(|error| unfit(error.to_string()))?;
        let cost =
            Cost { memory: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
        if cost.exceeds(Cost::CAP) {
            return Err(PasswordError::Cap(format!("{cost:?}, at most {:?}", Cost::CAP)));
        }
        Ok(Self { hash, cost })
    }

    pub(super) fn matches(&self, password: &str) -> Result<bool, PasswordError> {
        match self.cost.argon2()?.verify_password(password.as_bytes(), &self.hash) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PasswordError::Failed(error.to_string())),
        }
    }
}
