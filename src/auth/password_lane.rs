//! Hashing passwords on a lane of its own: a flood of sign-ins can take neither the workers nor the memory, and whoever is
//! known here passes it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Semaphore;

use crate::auth::error::AuthError;
use crate::crypto::password::{self, Memory};
use crate::domain::secret::Password;
use crate::store::error::StoreError;

/// Hashes computed at once; each takes 19 MiB.
const SLOTS: usize = 2;

/// Hashes that may wait in one line for a slot; the next one is told to come back.
const WAITING: usize = 200;

/// In which line a hash waits. The lines take turns, so nobody in one waits for all that stand in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashLine {
    /// For those who have proved something already, or have been let in from the same place.
    Known,
    Strangers,
}

/// A cheap handle to the lane.
#[derive(Clone)]
pub struct PasswordLane(Arc<Shared>);

struct Shared {
    slots: Arc<Semaphore>,
    known: Waiting,
    strangers: Waiting,
    /// What hashes are computed in; never more than there are slots.
    memories: Mutex<Vec<Memory>>,
    /// The hash that is verified for unknown users, so that they cost the same as known ones.
    nobody: OnceLock<String>,
}

struct Waiting {
    places: Semaphore,
    /// Only the first of a line asks for a slot: slots are given in the order of asking.
    first: Semaphore,
}

impl Waiting {
    fn new() -> Self {
        Self { places: Semaphore::new(WAITING), first: Semaphore::new(1) }
    }
}

impl PasswordLane {
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            slots: Arc::new(Semaphore::new(SLOTS)),
            known: Waiting::new(),
            strangers: Waiting::new(),
            memories: Mutex::default(),
            nobody: OnceLock::new(),
        }))
    }

    /// Hashes a new password.
    pub async fn hash(&self, line: HashLine, password: Password) -> Result<String, AuthError> {
        self.run(line, move |_shared, memory| Ok(password::hash(&password, memory)?)).await
    }

    /// Whether the password belongs to the hash; `None` is an unknown user, who costs the same and never succeeds.
    pub async fn verify(
        &self,
        line: HashLine,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, AuthError> {
        self.run(line, move |shared, memory| match hash {
            Some(hash) => Ok(password::verify(&password, &hash, memory)),
            None => {
                let nobody = match shared.nobody.get() {
                    Some(hash) => hash,
                    None => {
                        let hash = password::hash(&Password::new("nobody"), memory)?;
                        shared.nobody.get_or_init(|| hash)
                    }
                };
                password::verify(&password, nobody, memory);
                Ok(false)
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        line: HashLine,
        work: impl FnOnce(&Shared, &mut Memory) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let waiting = match line {
            HashLine::Known => &self.0.known,
            HashLine::Strangers => &self.0.strangers,
        };
        let _place = waiting.places.try_acquire().map_err(|_full| AuthError::Busy)?;
        // No semaphore is ever closed; were one, nobody could sign in, which is the safe side.
        let first = waiting.first.acquire().await.map_err(|_closed| AuthError::Busy)?;
        let slot = Arc::clone(&self.0.slots).acquire_owned().await.map_err(|_closed| AuthError::Busy)?;
        drop(first);
        let shared = Arc::clone(&self.0);
        let computed = tokio::task::spawn_blocking(move || {
            let mut memory = shared.memories().pop().unwrap_or_default();
            let outcome = work(&shared, &mut memory);
            shared.memories().push(memory);
            // Held by the work and not by whoever waits for it: a client that goes away ends no hash.
            drop(slot);
            outcome
        });
        computed.await.map_err(|_panicked| AuthError::Store(StoreError::Panicked))?
    }
}

impl Shared {
    fn memories(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
