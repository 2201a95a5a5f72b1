//! Whether the server can do its work right now.

use crate::service::error::Error;
use crate::store::Store;

/// Asks the store.
#[derive(Clone)]
pub struct Readiness {
    store: Store,
}

impl Readiness {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Succeeds when a change can be committed.
    pub async fn check(&self) -> Result<(), Error> {
        Ok(self.store.probe().await?)
    }
}
