//! Whether changes can be stored: what the last commit came to, and whether the files are still those that were opened.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::time::Timestamp;
use crate::observe::repeats::Repeats;
use crate::store::error::StoreError;
use crate::store::folder::{FILE_NAME, LOG_INDEX_NAME, LOG_NAME};

/// What a disk must have room for again after a commit failed. A commit that found none often left a little behind in
/// the log, into which the next small change fits and no message does.
const ROOM_BYTES: usize = 256 * 1024;

/// What the writer finds out and everybody may ask.
pub(super) struct Health {
    folder: PathBuf,
    /// The files as they were when they were opened.
    files: Vec<(PathBuf, Identity)>,
    /// The last commit failed.
    failing: AtomicBool,
    told: Repeats,
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
        Ok(Self {
            folder: folder.to_owned(),
            files: files.collect::<io::Result<_>>()?,
            failing: AtomicBool::new(false),
            told: Repeats::default(),
        })
    }

    /// Refuses when a file was moved, replaced or deleted.
    pub(super) fn check_files(&self) -> Result<(), StoreError> {
        let same = |(path, opened): &(PathBuf, Identity)| identity(path).is_ok_and(|found| found == *opened);
        if self.files.iter().all(same) { Ok(()) } else { Err(StoreError::Replaced) }
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Refuses when there is no room beside the database. What is written for that has no name and is gone at once.
    pub(super) fn check_room(&self, now: Timestamp) -> Result<(), StoreError> {
        let write = || {
            let mut file = tempfile::tempfile_in(&self.folder)?;
            file.write_all(&vec![0; ROOM_BYTES])?;
            file.sync_all()
        };
        write().map_err(|error| {
            let failure = StoreError::Failing(error.to_string());
            self.tell(&failure, now);
            failure.for_each_change()
        })
    }

    pub(super) fn commit_failed(&self, failure: &StoreError, now: Timestamp) {
        self.failing.store(true, Ordering::Relaxed);
        self.tell(failure, now);
    }

    pub(super) fn tell(&self, failure: &StoreError, now: Timestamp) {
        if let Some(times) = self.told.tell(&failure.to_string(), now) {
            tracing::error!(error = %failure, times, "a commit failed");
        }
    }

    /// A commit brought something to the disk.
    pub(super) fn commit_stored(&self, now: Timestamp) {
        const AGAIN: &str = "changes are stored again";
        if self.failing.swap(false, Ordering::Relaxed)
            && let Some(times) = self.told.tell(AGAIN, now)
        {
            tracing::info!(times, "{AGAIN}");
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
