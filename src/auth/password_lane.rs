//! Hashing passwords on a lane of its own: a flood of sign-ins can take neither the workers nor the memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Semaphore;

use crate::auth::error::AuthError;
use crate::crypto::password::{self, Memory};
use crate::domain::secret::Password;
use crate::store::error::StoreError;

/// Hashes computed at once; each takes 19 MiB.
const SLOTS: usize = 2;

/// Sign-ins that may wait for a slot; the next one is told to come back.
const WAITING: usize = 200;

/// A cheap handle to the lane.
#[derive(Clone)]
pub struct PasswordLane {
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// What hashes are computed in; never more than there are slots.
    memories: Arc<Mutex<Vec<Memory>>>,
    /// The hash that is verified for unknown users, so that they cost the same as known ones.
    nobody: Arc<OnceLock<String>>,
}

impl PasswordLane {
    pub fn new() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(SLOTS)),
            waiting: Arc::default(),
            memories: Arc::default(),
            nobody: Arc::default(),
        }
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Password) -> Result<String, AuthError> {
        self.run(move |_lane, memory| Ok(password::hash(&password, memory)?)).await
    }

    /// Whether the password belongs to the hash; `None` is an unknown user, who costs the same and never succeeds.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, AuthError> {
        self.run(move |lane, memory| match hash {
            Some(hash) => Ok(password::verify(&password, &hash, memory)),
            None => {
                let nobody = match lane.nobody.get() {
                    Some(hash) => hash,
                    None => {
                        let hash = password::hash(&Password::new("nobody"), memory)?;
                        lane.nobody.get_or_init(|| hash)
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
        work: impl FnOnce(&Self, &mut Memory) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let _place = Place::take(&self.waiting)?;
        // The semaphore is never closed; were it, nobody could sign in, which is the safe side.
        let _slot = self.slots.acquire().await.map_err(|_| AuthError::Busy)?;
        let lane = self.clone();
        let computed = tokio::task::spawn_blocking(move || {
            let mut memory = lane.memories().pop().unwrap_or_default();
            let outcome = work(&lane, &mut memory);
            lane.memories().push(memory);
            outcome
        });
        computed.await.map_err(|_| AuthError::Store(StoreError::Panicked))?
    }

    fn memories(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the waiting line, given back when dropped, also when the client goes away.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, AuthError> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            return Err(AuthError::Busy);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
