//! argon2id itself, on the thread of the caller.

use std::error::Error;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, PasswordHash, Salt},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use super::{PasswordError, memory::Memory};
use crate::random;

const VERSION: Version = Version::V0x13;

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

    pub(super) fn params(self) -> Result<Params, PasswordError> {
        Params::new(self.memory, self.passes, self.lanes, Some(Params::DEFAULT_OUTPUT_LEN))
            .map_err(|error| PasswordError::Cost(error.to_string()))
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Returns the hash in the PHC string format, under a new salt of 16 bytes.
pub(super) fn hash(password: &str, cost: Cost, memory: &Memory) -> Result<String, PasswordError> {
    let (params, salt) = (cost.params()?, random::bytes::<16>().map_err(failed)?);
    let output = output(password, &salt, &params, memory)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(VERSION.into()),
        params: (&params).try_into().map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Computes argon2id.
fn output(
    password: &str,
    salt: &[u8],
    params: &Params,
    memory: &Memory,
) -> Result<Output, PasswordError> {
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let argon2 = Argon2::new(Algorithm::Argon2id, VERSION, params.clone());
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..length).ok_or_else(|| failed("its output is too long"))?;
    let compute = |blocks: &mut [_]| {
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks)
    };
    memory.lend(params.block_count(), compute).map_err(failed)?;
    Output::new(output).map_err(failed)
}

/// A stored hash that may be computed.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    params: Params,
    salt: Salt,
    output: Output,
    pub(super) cost: Cost,
}

impl Stored {
    /// Makes a hash of no password: to check one against it costs what any check costs, and to make
    /// it costs nothing, for its output is what chance gave. That a password fits has the odds of
    /// guessing 32 bytes.
    pub(super) fn of_nobody(cost: Cost) -> Result<Self, PasswordError> {
        let salt = STANDARD_NO_PAD.encode(random::bytes::<16>().map_err(failed)?);
        let output = STANDARD_NO_PAD.encode(random::bytes::<32>().map_err(failed)?);
        let Cost { memory, passes, lanes } = cost;
        cost.params()?;
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
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else {
            return Err(unfit("it has no salt or no output".to_owned()));
        };
        Ok(Self { params, salt, output, cost })
    }

    pub(super) fn matches(&self, password: &str, memory: &Memory) -> Result<bool, PasswordError> {
        // Outputs are compared in constant time.
        Ok(output(password, &self.salt, &self.params, memory)? == self.output)
    }
}

fn failed(error: impl Into<Box<dyn Error>>) -> PasswordError {
    PasswordError::Failed(error.into().to_string())
}
