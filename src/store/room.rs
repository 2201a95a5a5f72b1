//! Whether the disk has room for what is about to be written.

use std::env;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::store::error::{OpenError, StoreError};
use crate::store::{folder, reserve};

/// What is left on the disk at least.
const SPARE: u64 = 32 * 1024 * 1024;

/// What has to be free for so many bytes.
pub fn demanded(bytes: u64) -> u64 {
    bytes + SPARE
}

/// Refuses what would leave too little room.
pub(super) fn require(folder: &Path, bytes: u64) -> Result<(), OpenError> {
    let no_room =
        |(needed, available)| OpenError::NoRoom { folder: folder.display().to_string(), needed, available };
    lacking(folder, bytes).map_or(Ok(()), |short| Err(no_room(short)))
}

/// What has to be free and what is, where that is less.
fn lacking(folder: &Path, bytes: u64) -> Option<(u64, u64)> {
    let needed = demanded(bytes);
    let available = reserve::available(folder)?;
    (available < needed).then_some((needed, available))
}

/// Where SQLite makes its temporary files.
pub(super) fn temporary_folder() -> PathBuf {
    let named = env::temp_dir();
    // Where nothing is named, SQLite takes one that is on a disk.
    if named == Path::new("/tmp") { PathBuf::from("/var/tmp") } else { named }
}

/// Refuses what would leave too little room among the temporary files.
pub(super) fn require_temporary(bytes: u64) -> Result<(), StoreError> {
    let folder = temporary_folder();
    let Some((needed, available)) = lacking(&folder, bytes) else { return Ok(()) };
    Err(StoreError::NoTemporaryRoom { folder: folder.display().to_string(), needed, available })
}

/// A folder to try something in that writes no more than so many bytes, on the disk of temporary files.
pub fn for_trial(bytes: u64) -> Result<TempDir, OpenError> {
    let place = temporary_folder();
    require(&place, bytes)?;
    TempDir::new_in(&place).map_err(|source| OpenError::Folder { path: place.display().to_string(), source })
}

/// The room that bringing data of that length up to date takes at most: a step may write every table anew, into the log and
/// from there into the file, and where backups are on the same disk, the one that is made first is there too.
pub fn for_update(whole: u64, data: &Path, backups: &Path) -> u64 {
    for_steps(whole) + if folder::is_same_disk(data, backups) { whole } else { 0 }
}

/// The same once the backup is made.
pub(super) fn for_steps(whole: u64) -> u64 {
    2 * whole
}
