//! Whether the files are still those that were opened: what is stored in others would not be found again.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::error::StoreError;
use crate::store::folder::{FILE_NAME, LOG_INDEX_NAME, LOG_NAME};

/// The files as they were when they were opened.
pub(super) struct Health {
    files: Vec<(PathBuf, Identity)>,
}

/// Device and inode. A file that is moved keeps them, and so does one that is deleted while somebody has it open.
type Identity = (u64, u64);

impl Health {
    /// Remembers the files, which exist as long as any connection is open.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let remembered = |name| {
            let path = folder.join(name);
            identity(&path).map(|identity| (path, identity))
        };
        let files = [FILE_NAME, LOG_NAME, LOG_INDEX_NAME].map(remembered).into_iter();
        Ok(Self { files: files.collect::<io::Result<_>>()? })
    }

    /// Refuses when one was moved, replaced or deleted.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let same = |(path, opened): &(PathBuf, Identity)| identity(path).is_ok_and(|found| found == *opened);
        if self.files.iter().all(same) { Ok(()) } else { Err(StoreError::Replaced) }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
