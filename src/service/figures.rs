//! How much there is, for whoever watches over the server: numbers only, no names.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::service::backups::Backups;
use crate::service::error::Error;
use crate::store::backups::{Backup, Failure, Look};
use crate::store::error::StoreError;
use crate::store::figures::Figures;
use crate::store::space::Sizes;
use crate::store::{Store, accounts};

pub use crate::store::accounts::Totals;

/// What lies on the disk.
pub struct OnDisk {
    /// The length of the file and its log.
    pub sizes: Sizes,
    pub newest_backup: Option<Backup>,
    /// The last try to make one, where it failed.
    pub backup_failure: Option<Failure>,
    /// The last look through a backup that came to its end.
    pub last_look: Option<Look>,
}

/// Looks at one server.
#[derive(Clone)]
pub struct ServerFigures {
    store: Store,
    backups: Backups,
    started: Timestamp,
}

impl ServerFigures {
    /// Begins to reckon the time that it runs.
    pub fn new(store: Store, backups: Backups) -> Self {
        let started = store.clock().now();
        Self { store, backups, started }
    }

    /// Accounts and what they hold.
    pub async fn totals(&self) -> Result<Totals, Error> {
        self.store.read(|tx| Ok(accounts::totals(tx)?)).await
    }

    /// Looks at the disk, on a thread that may wait for it.
    pub async fn on_disk(&self) -> Result<OnDisk, Error> {
        let Self { store, backups, .. } = self.clone();
        let look = move || OnDisk {
            sizes: store.sizes(),
            newest_backup: backups.newest(),
            backup_failure: backups.failure(),
            last_look: backups.last_look(),
        };
        tokio::task::spawn_blocking(look).await.map_err(|_panicked| StoreError::Panicked.into())
    }

    /// What the writer did and has to do.
    pub fn writer(&self) -> &Figures {
        self.store.figures()
    }

    /// Changes that wait for the writer.
    pub fn waiting(&self) -> u64 {
        u64::try_from(self.writer().waiting.get()).unwrap_or(0)
    }

    /// Messages that were written in the last whole minute.
    pub fn messages_last_minute(&self) -> u64 {
        self.writer().rate.last(self.store.clock().now())
    }

    /// How long the server has run.
    pub fn uptime(&self) -> Duration {
        self.store.clock().now().since(self.started)
    }
}
