//! The backup that is made before an older file is brought up to date.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::time::Clock;
use crate::store::backups::copy::{Copying, make};
use crate::store::backups::shelf::Shelf;
use crate::store::open::Older;

/// Before a file in `data` is brought up to date, a backup of it comes into the folder `shelf`.
pub fn before_update(data: &Path, shelf: &Path, clock: Arc<dyn Clock>) -> Older {
    let (data, shelf): (PathBuf, Shelf) = (data.to_owned(), Shelf::new(shelf.to_owned()));
    Older::UpdateAfter(Arc::new(move |version| {
        let made = shelf.place_before_update(clock.now(), version).and_then(|target| {
            make(&Copying { folder: &data, target: &target, with_key: None }, |_done, _pages| true)
        });
        match made {
            Ok(copied) => {
                // What a start that fails again and again makes of the same file.
                if let Err(error) = shelf.prune_before_updates(clock.now()) {
                    tracing::warn!(%error, "an earlier backup that need not be kept is kept");
                }
                tracing::info!(file = %copied.path.display(), "made a backup before bringing the database up to date");
                Ok(())
            }
            Err(error) => Err(format!("no backup was made first: {error}")),
        }
    }))
}
