use std::{sync::Arc, thread};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

use super::{
    Password, PasswordError,
    argon::{self, Cost, Stored},
    memory::Memory,
};

/// How many passwords may wait for each that is being hashed: at 20 ms each, a client waits for
/// less than a second.
const WAITING_PER_RUNNING: usize = 32;

/// Hashes and checks passwords off the async threads. A cheap, shared handle.
///
/// The memory of each hash that ran at the same time is kept for the next ones: 19 MiB for each
/// processor, by default.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    cost: Cost,
    /// What is compared for a user that there is not.
    nobody: Arc<Stored>,
    /// Those that wait and those that run; who gets none is refused at once.
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    memory: Arc<Memory>,
}

/// What came of checking a password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It is right.
    Right {
        /// A hash to store in place of the old one, where the parameters have changed since.
        rehashed: Option<String>,
    },
    /// It is wrong, or there is no such user.
    Wrong,
}

impl PasswordHasher {
    /// Makes a hasher with [`Cost::DEFAULT`] that uses every processor and no more.
    ///
    /// # Errors
    ///
    /// If the system gives no randomness.
    pub fn new() -> Result<Self, PasswordError> {
        let running = thread::available_parallelism().map_or(1, usize::from);
        Self::with_limits(Cost::DEFAULT, running, running * WAITING_PER_RUNNING)
    }

    /// Makes a hasher that hashes so many passwords at once and lets so many wait.
    ///
    /// # Errors
    ///
    /// If argon2id cannot work with the cost, it is above [`Cost::CAP`], or the system gives no
    /// randomness.
    pub fn with_limits(cost: Cost, running: usize, waiting: usize) -> Result<Self, PasswordError> {
        let (nobody, memory) =
            (Stored::of_nobody(cost)?, Memory::new(cost.params()?.block_count()));
        Ok(Self {
            cost,
            nobody: Arc::new(nobody),
            admitted: Arc::new(Semaphore::new(running.max(1) + waiting)),
            running: Arc::new(Semaphore::new(running.max(1))),
            memory: Arc::new(memory),
        })
    }

    /// Returns the hash of a new password, in the PHC string format.
    ///
    /// Dropping the future does not stop a hash under way, and does not free its place.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`] if too many are waiting.
    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        let cost = self.cost;
        self.run(move |memory| argon::hash(&password.into_inner(), cost, memory)).await
    }

    /// Checks a password against the stored hash; without one, because there is no such user, it
    /// takes the same time and is [`Verdict::Wrong`].
    ///
    /// Dropping the future does not stop a check under way, and does not free its place.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`] if too many are waiting, and an error of the server's own if the
    /// stored hash is unfit.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        let (cost, nobody) = (self.cost, Arc::clone(&self.nobody));
        self.run(move |memory| {
            let Some(stored) = stored else {
                nobody.matches(&password, memory)?;
                return Ok(Verdict::Wrong);
            };
            let stored = Stored::parse(&stored)?;
            if !stored.matches(&password, memory)? {
                return Ok(Verdict::Wrong);
            }
            let rehashed = match stored.cost == cost {
                true => None,
                false => Some(argon::hash(&password, cost, memory)?),
            };
            Ok(Verdict::Right { rehashed })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Memory) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted =
            Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let running =
            Arc::clone(&self.running).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        let permits: [OwnedSemaphorePermit; 2] = [admitted, running];
        let memory = Arc::clone(&self.memory);
        task::spawn_blocking(move || {
            // The permits end with the work and not with the request: a client that hangs up
            // would otherwise make room for the next hash while its own still runs.
            let _permits = permits;
            work(&memory)
        })
        .await
        .map_err(|error| PasswordError::Failed(error.to_string()))?
    }
}
