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

    /// Opens every value of a backup that was made just now, beside those who write, until the server stops. Whether all of it
    /// is sound.
    pub async fn look_through(&self, made: Copied) -> bool {
        let looking = self.clone();
        let looked = tokio::task::spawn_blocking(move || looking.look(&made)).await;
        looked.unwrap_or_else(|_panicked| {
            tracing::warn!("the backup could not be looked through");
            false
        })
    }

    fn look(self, made: &Copied) -> bool {
        let Self { store, backups, damage } = self;
        let asked = backups.clone();
        let found = backups::look_through(&made.path, &store, move || !asked.is_stopping());
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the backup was not looked through to its end");
                return false;
            }
        };
        let (structure, values) = (&found.structure, &found.values);
        let found = structure
            .first()
            .or(values.first())
            .map(|first| Damage { faults: structure.count() + values.count(), first: first.to_owned() });
        if let Some(Damage { faults, first }) = &found {
            tracing::warn!(faults, first, "the data is damaged; `peerbox check` names what is");
        }
        let is_sound = found.is_none();
        backups.note_damage(!is_sound);
        *damage.lock().unwrap_or_else(PoisonError::into_inner) = found;
        is_sound
    }

    /// What is damaged, as far as the last look found.
    pub fn damage(&self) -> Option<Damage> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
