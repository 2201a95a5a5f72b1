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

    /// Succeeds within a second when the writer takes a change and gets the file's lock, and the last commit was stored.
    /// Writes nothing as long as all is well: strangers may call this.
    pub async fn check(&self) -> Result<(), Error> {
        Ok(self.store.probe().await?)
    }
}
