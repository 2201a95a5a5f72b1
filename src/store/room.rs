//! Whether the disk has room for what is about to be written.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::store::error::OpenError;
use crate::store::{folder, reserve};

/// What is left on the disk at least.
const SPARE: u64 = 32 * 1024 * 1024;

/// Refuses what would leave too little room.
pub(super) fn require(folder: &Path, bytes: u64) -> Result<(), OpenError> {
    let needed = bytes + SPARE;
    match reserve::available(folder) {
        Some(available) if available < needed => {
            Err(OpenError::NoRoom { folder: folder.display().to_string(), needed, available })
        }
        _ => Ok(()),
    }
}

/// Where SQLite makes its temporary files.
pub(super) fn temporary_folder() -> PathBuf {
    let named = env::temp_dir();
    // Where nothing is named, SQLite takes one that is on a disk.
    if named == Path::new("/tmp") { PathBuf::from("/var/tmp") } else { named }
}

/// The room that bringing a file up to date takes at most: a step may write every table anew, into the log and from there
/// into the file, and where backups are on the same disk, the one that is made first is there too.
pub(super) fn for_update(file: &Path, backups: &Path) -> u64 {
    let copies = if folder::is_same_disk(file, backups) { 3 } else { 2 };
    fs::metadata(file).map_or(0, |file| copies * file.len())
}

/// Refuses to bring a file up to date that would have no room on the way.
pub(super) fn require_for_update(file: &Path, backups: &Path) -> Result<(), OpenError> {
    require(folder::containing(file), for_update(file, backups))
}

/// The same once the backup is made.
pub(super) fn require_for_steps(file: &Path) -> Result<(), OpenError> {
    require(folder::containing(file), fs::metadata(file).map_or(0, |file| 2 * file.len()))
}
