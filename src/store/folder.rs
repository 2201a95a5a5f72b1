//! The data folder: who serves it, and whether it ever had a database.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::store::open::OpenError;

/// The database's name in the data folder.
pub const FILE_NAME: &str = "peerbox.db";

/// SQLite's write-ahead log of it.
pub(super) const LOG_NAME: &str = "peerbox.db-wal";

/// SQLite's index of the log.
pub(super) const LOG_INDEX_NAME: &str = "peerbox.db-shm";

/// Locked by the process that serves the folder, whose number it holds.
const LOCK_NAME: &str = "peerbox.lock";

/// Says that the folder has a database: should that be gone or empty, it is lost and not yet to be made.
const MARK_NAME: &str = "peerbox.made";

const MARK: &str =
    "This folder has a database, peerbox.db. No new one is made here while this file is here.\n";

/// The right to serve a folder, which one process has at a time. It ends with the process, however that ends.
pub struct Serving {
    _locked: File,
}

impl Serving {
    /// Takes the right, and makes the folder when there is none.
    pub fn claim(folder: &Path) -> Result<Self, OpenError> {
        let failed = |source| failure(folder, source);
        make(folder)?;
        let mut file = private().read(true).open(folder.join(LOCK_NAME)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                file.read_to_string(&mut process).map_err(failed)?;
                return Err(OpenError::Served {
                    folder: folder.display().to_string(),
                    process: process.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { _locked: file })
    }
}

/// What lies in the folder under the database's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    /// Nothing, and there never was anything.
    Nothing,
    /// A file. Only SQLite can tell what it is.
    File,
}

/// Looks before SQLite does, which would take an empty file for a new one and delete the log beside it.
pub(super) fn look(folder: &Path) -> Result<Contents, OpenError> {
    if fs::metadata(folder.join(FILE_NAME)).is_ok_and(|file| file.len() > 0) {
        Ok(Contents::File)
    } else if had_database(folder) || has_log(folder) {
        Err(lost(folder))
    } else {
        Ok(Contents::Nothing)
    }
}

/// Whether the file was not closed, or is open now: what was committed last lies in the log.
pub(super) fn has_log(folder: &Path) -> bool {
    fs::metadata(folder.join(LOG_NAME)).is_ok_and(|log| log.len() > 0)
}

/// Whether a database was made or opened here before.
pub(super) fn had_database(folder: &Path) -> bool {
    folder.join(MARK_NAME).exists()
}

/// The refusal of a folder whose database is gone or empty.
pub(super) fn lost(folder: &Path) -> OpenError {
    OpenError::Lost { folder: folder.display().to_string() }
}

/// Remembers that the folder has a database.
pub(super) fn mark(folder: &Path) -> Result<(), OpenError> {
    if had_database(folder) {
        return Ok(());
    }
    let write = || {
        let mut file = private().open(folder.join(MARK_NAME))?;
        file.write_all(MARK.as_bytes())?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| failure(folder, source))
}

/// Makes the folder and an empty file in it, readable by their owner only.
pub(super) fn make_empty_file(folder: &Path) -> Result<(), OpenError> {
    make(folder)?;
    private().open(folder.join(FILE_NAME)).map(drop).map_err(|source| failure(folder, source))
}

pub(super) fn failure(folder: &Path, source: io::Error) -> OpenError {
    OpenError::Folder { path: folder.display().to_string(), source }
}

fn make(folder: &Path) -> Result<(), OpenError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| failure(folder, source))
}

/// Opens for writing what is there, or makes it.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false).mode(0o600);
    options
}
