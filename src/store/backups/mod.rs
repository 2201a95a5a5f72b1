//! Backups: copies of the file while it is in use, what they hold, which are kept, and one put back in its place.

mod before_update;
mod contents;
mod copy;
mod error;
mod failure;
mod header;
mod look;
mod pace;
mod restore;
mod salvage;
mod shelf;
pub mod unfinished;

use std::path::Path;

pub use self::before_update::{before_update, require_update_possible};
pub use self::contents::{Contents, IfDamaged, TakenOver, examine, look_through, require_backup};
pub use self::copy::{Copied, Copying, Target, make};
pub use self::error::BackupError;
pub use self::failure::Failure;
pub use self::look::{Damage, Look};
pub use self::restore::{candidate, opens_data, source};
pub use self::shelf::{Backup, NOT_PRUNED, Shelf};

/// Removes what was left of copies and of restores that ended half way. Nobody else serves the data.
pub fn remove_unfinished(data: &Path, shelf: &Path) {
    restore::remove_unfinished(data);
    unfinished::remove(shelf);
}
