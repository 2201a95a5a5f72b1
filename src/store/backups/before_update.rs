//! The backup that is made before an older file is brought up to date.

use std::sync::Arc;

use crate::config::Config;
use crate::domain::time::Clock;
use crate::store::backups::copy::{Copying, Target, make_alone};
use crate::store::backups::error::BackupError;
use crate::store::backups::look::Look;
use crate::store::backups::shelf::{NOT_PRUNED, Shelf};
use crate::store::migrate::SCHEMA_VERSION;
use crate::store::open::{self, BackupFirst, Older};
use crate::store::room;

/// Refuses where the file of a configuration is of an earlier version and could not be brought up to date: the backup before
/// it has no place, or there is too little room. Makes nothing.
pub fn require_update_possible(config: &Config) -> Result<(), BackupError> {
    let (data, shelf) = (&config.data.dir, Shelf::of(config));
    let standing = open::standing(data, shelf.folder())?;
    if standing.found.is_none_or(|found| found == SCHEMA_VERSION) {
        return Ok(());
    }
    shelf.require()?;
    room::require(data, standing.needed)?;
    room::require(shelf.folder(), standing.length)?;
    Ok(())
}

/// Before the file of a configuration is brought up to date, a backup of it comes onto the shelf.
pub fn before_update(config: &Config, clock: Arc<dyn Clock>) -> Older {
    let (data, shelf) = (config.data.dir.clone(), Shelf::of(config));
    let folder = shelf.folder().to_owned();
    let make = Arc::new(move |version| {
        let target = Target::BeforeUpdate(&shelf, clock.now(), version);
        match make_alone(&Copying { folder: &data, target, with_key: None }) {
            Ok(copied) => {
                // What a start that fails again and again makes of the same file. While something is damaged, each may be the
                // last that has it whole.
                if Look::last(&data).is_none_or(|look| look.damage.is_none())
                    && let Err(error) = shelf.prune_before_updates(clock.now())
                {
                    tracing::warn!(%error, "{NOT_PRUNED}");
                }
                tracing::info!(file = %copied.path.display(), "made a backup before bringing the database up to date");
                Ok(())
            }
            Err(error) => Err(format!("no backup was made first: {error}")),
        }
    });
    Older::UpdateAfter(BackupFirst { folder, make })
}
