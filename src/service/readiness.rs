//! Whether the server can do its work right now.

use crate::service::error::Error;
use crate::store::Store;
use crate::store::error::StoreError;

/// Asks the store.
#[derive(Clone)]
pub struct Readiness {
    store: Store,
}

impl Readiness {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Succeeds within a second when the writer takes a change and gets the file's lock, and the last commit was stored.
    /// Writes nothing as long as all is well: strangers may call this.
    pub async fn check(&self) -> Result<(), Error> {
        Ok(self.store.probe().await?)
    }
    /// Whether the writer answers at all, be it with a refusal. On a full disk it does, and nobody is helped by a restart.
    pub async fn answers(&self) -> bool {
        !matches!(
            self.store.probe().await,
            Err(StoreError::Stalled | StoreError::Closed | StoreError::Panicked)
        )
    }
}
