//! Whether what is stored opens still: looked at in each backup, while an earlier one may have whole what is damaged now.

use crate::service::backups::Backups;
use crate::store::Store;
use crate::store::backups::{self, Copied, Damage};

/// Looks through backups of one server.
#[derive(Clone)]
pub struct Soundness {
    store: Store,
    backups: Backups,
}

impl Soundness {
    /// Of backups of what a store holds.
    pub fn new(store: Store, backups: Backups) -> Self {
        Self { store, backups }
    }

    /// Opens every value of a backup that was made just now, beside those who write, until the server stops. Whether all of it
    /// is sound.
    pub async fn look_through(&self, made: Copied) -> bool {
        let (looking, at_work) = (self.clone(), self.backups.at_work().await);
        let looked = tokio::task::spawn_blocking(move || {
            let _until_its_end = at_work;
            looking.look(&made)
        })
        .await;
        looked.unwrap_or_else(|_panicked| {
            tracing::warn!("the backup could not be looked through");
            false
        })
    }

    fn look(&self, made: &Copied) -> bool {
        let asked = self.backups.clone();
        let report = match backups::look_through(&made.path, &self.store, move || !asked.is_stopping()) {
            Ok(report) => report,
            Err(error) => {
                tracing::warn!(%error, "the backup was not looked through to its end");
                return false;
            }
        };
        let damage = report.first().map(|first| Damage { faults: report.faults(), first: first.to_owned() });
        if let Some(Damage { faults, first }) = &damage {
            tracing::warn!(faults, first, "the data is damaged; `peerbox check` names what is");
        }
        let is_sound = damage.is_none();
        self.backups.note(made, damage);
        is_sound
    }
}
