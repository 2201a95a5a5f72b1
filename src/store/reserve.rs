//! Room on the disk that is kept for deletions: a file that is given up when the disk is full.
//!
//! Whatever is deleted has to be written down first. While the reserve is gone messages are refused, so that they do not
//! use up what deletions need; everything else goes on.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

use crate::store::error::StoreError;

const NAME: &str = "peerbox.reserve";

/// As much as the log holds, at most, that is not in the database yet. Once that is moved there, the log has room for what
/// comes next.
const BYTES: u64 = 16 * 1024 * 1024;

/// A disk with less than this is full.
const LITTLE: u64 = 1024 * 1024;

pub(super) struct Reserve {
    folder: PathBuf,
    given_up: AtomicBool,
}

impl Reserve {
    /// Keeps one in the folder, if the disk has room for it.
    pub(super) fn keep(folder: &Path) -> Self {
        let reserve = Self { folder: folder.to_owned(), given_up: AtomicBool::new(true) };
        if !reserve.take_back() {
            tracing::error!("the disk is nearly full: messages are refused until it has room");
        }
        reserve
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Whether it is there though the disk is full.
    pub(super) fn is_needed(&self) -> bool {
        !self.is_given_up() && is_full(&self.folder)
    }

    /// Answers whether it was there.
    pub(super) fn give_up(&self) -> bool {
        let was_there = !self.given_up.swap(true, Ordering::Relaxed);
        if was_there {
            remove(&self.folder);
        }
        was_there
    }

    /// Whether messages have room: the reserve is there, or comes back, or deletions left as much in the database.
    pub(super) fn allows_messages(&self, database: &Connection) -> Result<bool, StoreError> {
        if !self.is_given_up() || self.take_back() {
            return Ok(true);
        }
        let number = |pragma| database.query_row(pragma, [], |row| row.get::<_, i64>(0));
        let bytes = number("pragma freelist_count")? * number("pragma page_size")?;
        Ok(bytes.cast_unsigned() >= BYTES)
    }

    fn take_back(&self) -> bool {
        let there = match make(&self.folder) {
            Ok(()) => true,
            // Where a file system promises nobody any room, there is nothing to keep.
            Err(error) => matches!(Errno::from_io_error(&error), Some(Errno::OPNOTSUPP | Errno::NOSYS)),
        };
        self.given_up.store(!there, Ordering::Relaxed);
        there
    }
}

/// Gives the reserve up on a full disk where nobody has the database open: opening it takes some room too.
pub(super) fn make_way(folder: &Path) {
    if is_full(folder) {
        remove(folder);
    }
}

fn make(folder: &Path) -> io::Result<()> {
    let path = folder.join(NAME);
    if fs::metadata(&path).is_ok_and(|file| file.len() == BYTES) {
        return Ok(());
    }
    // What is left beside it is enough for the disk not to be full at once.
    if available(folder).is_some_and(|bytes| bytes < BYTES + 2 * LITTLE) {
        return Err(Errno::NOSPC.into());
    }
    let file = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(path)?;
    fallocate(&file, FallocateFlags::empty(), 0, BYTES).map_err(|error| {
        remove(folder);
        error.into()
    })
}

fn remove(folder: &Path) {
    // It may be gone already, by a command that deletes.
    let _gone = fs::remove_file(folder.join(NAME));
}

fn is_full(folder: &Path) -> bool {
    available(folder).is_some_and(|bytes| bytes < LITTLE)
}

/// The bytes that an ordinary user may still write; `None` where nobody knows.
pub(super) fn available(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
