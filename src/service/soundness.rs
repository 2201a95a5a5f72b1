//! Whether what is stored opens still: looked at in each daily backup, while an earlier one may have whole what is damaged now.

use std::sync::{Arc, Mutex, PoisonError};

use crate::service::backups::Backups;
use crate::store::Store;
use crate::store::backups::{self, Copied};

/// Looks through backups of one server.
#[derive(Clone)]
pub struct Soundness {
    store: Store,
    backups: Backups,
    damage: Arc<Mutex<Option<Damage>>>,
}

/// Values that do not open any more. The data has them as the backup has.
#[derive(Debug, Clone)]
pub struct Damage {
    /// How many faults there are.
    pub faults: u64,
    /// The first, in a sentence.
    pub first: String,
}

impl Soundness {
    /// Of backups of what a store holds.
    pub fn new(store: Store, backups: Backups) -> Self {
        Self { store, backups, damage: Arc::default() }
    }

    /// Opens every value of a backup that was made just now, beside those who write, until the server stops.
    pub async fn look_through(&self, made: Copied) {
        let looking = self.clone();
        if tokio::task::spawn_blocking(move || looking.look(&made)).await.is_err() {
            tracing::warn!("the backup could not be looked through");
        }
    }

    fn look(self, made: &Copied) {
        let Self { store, backups, damage } = self;
        let found = backups::look_through(&made.path, &store, move || !backups.is_stopping());
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the backup was not looked through to its end");
                return;
            }
        };
        let found = found.first().map(|first| Damage { faults: found.count(), first: first.to_owned() });
        if let Some(Damage { faults, first }) = &found {
            tracing::warn!(faults, first, "values in the data are damaged; `peerbox check` names them");
        }
        *damage.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// What is damaged, as far as the last look found.
    pub fn damage(&self) -> Option<Damage> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
