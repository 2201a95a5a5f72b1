//! Whether the disk has room for what is about to be written.

use std::fs;
use std::path::Path;

use crate::store::error::OpenError;
use crate::store::reserve;

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

/// The room that bringing a file up to date takes at most: a step may write every table anew, into the log and from there
/// into the file.
pub(super) fn for_update(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| 2 * file.len())
}

/// Refuses to bring a file up to date that would have no room on the way.
pub(super) fn require_for_update(file: &Path) -> Result<(), OpenError> {
    require(file.parent().unwrap_or(Path::new(".")), for_update(file))
}
