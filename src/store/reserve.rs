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
use crate::store::folder::{FILE_NAME, LOG_NAME};
use crate::store::pages;

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
        if !reserve.take_back(0) {
            tracing::error!("the disk is nearly full: messages are refused until it has room");
        }
        reserve
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Whether it is there though the disk is full.
    pub(super) fn is_needed(&self, database: &Connection) -> Result<bool, StoreError> {
        if self.is_given_up() {
            return Ok(false);
        }
        let Some(available) = available(&self.folder) else { return Ok(false) };
        // What the file owes the log is no more than the log is long.
        Ok(available < LITTLE + length(&self.folder, LOG_NAME)
            && available < LITTLE + owed(database, &self.folder)?)
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
        if !self.is_given_up() {
            return Ok(true);
        }
        let owed = owed(database, &self.folder)?;
        if self.take_back(owed) {
            return Ok(true);
        }
        let has_owed = available(&self.folder).is_none_or(|available| available >= owed);
        Ok(pages::free(database)? >= BYTES && has_owed)
    }

    fn take_back(&self, owed: u64) -> bool {
        let there = match make(&self.folder, owed) {
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

fn make(folder: &Path, owed: u64) -> io::Result<()> {
    let path = folder.join(NAME);
    if fs::metadata(&path).is_ok_and(|file| file.len() == BYTES) {
        return Ok(());
    }
    // What is left beside it is enough for the disk not to be full at once.
    if available(folder).is_some_and(|bytes| bytes < BYTES + 2 * LITTLE + owed) {
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

/// By how much the file grows when the log is moved into it. As long as a reader holds the log back that has no bound but the
/// disk, and without that room the log could never be moved.
fn owed(database: &Connection, folder: &Path) -> Result<u64, StoreError> {
    Ok(pages::whole(database)?.saturating_sub(length(folder, FILE_NAME)))
}

fn length(folder: &Path, name: &str) -> u64 {
    fs::metadata(folder.join(name)).map_or(0, |file| file.len())
}

fn is_full(folder: &Path) -> bool {
    available(folder).is_some_and(|bytes| bytes < LITTLE)
}

/// The bytes that an ordinary user may still write; `None` where nobody knows.
pub(super) fn available(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::store::pool;

    #[test]
    fn what_a_reader_holds_back_in_the_log_is_owed_by_the_file() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "").expect("space");
        let writer = pool::connect(&path).expect("a connection");
        let sql = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (x blob)";
        writer.execute_batch(sql).expect("a table");
        let reader = pool::connect(&path).expect("a connection");
        reader.execute_batch("begin; select * from t").expect("a moment");
        writer.execute_batch("insert into t values (zeroblob(3000000))").expect("a row");
        let owed_now = || owed(&writer, folder.path()).expect("a length");
        assert!((3_000_000..3_100_000).contains(&owed_now()), "{}", owed_now());
        reader.execute_batch("rollback").expect("its end");
        let move_log = "pragma wal_checkpoint(truncate)";
        writer.query_row(move_log, [], |_row| Ok(())).expect("a move");
        assert_eq!(owed_now(), 0);
    }
}
