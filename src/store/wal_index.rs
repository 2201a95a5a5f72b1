//! The index of the write-ahead log, `peerbox.db-shm`: memory that all processes share which have the file open (SQLite,
//! "WAL-mode File Format", section 2).

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use nix::fcntl::{FcntlArg, fcntl};
use vm_memory::mmap::MmapRegionBuilder;
use vm_memory::{Bytes, FileOffset, MmapRegion, VolatileMemory};

use crate::store::folder;

/// The first copy of the header. It is the one that is written last, so every commit that has ended is in it.
pub(super) const HEADER_WORDS: usize = 6;
const HEADER_BYTES: usize = HEADER_WORDS * size_of::<u64>();

/// Where it stands how many frames of the log are moved into the file, behind both copies of the header (section 2.3.1).
const MOVED: usize = 2 * HEADER_BYTES;

/// The byte whose lock says that somebody moves the log (section 2.3.3).
const MOVING: libc::off_t = 121;

/// What is looked at, and once in a while set. Must be dropped after every connection of this process: to close one
/// descriptor of a file gives up all the locks that the process holds on it (POSIX, `fcntl`), and SQLite locks this one.
/// For the same reason nothing else here may open the database or its index; looking at their names and numbers is no
/// opening.
pub(super) struct WalIndex {
    file: File,
    memory: MmapRegion,
}

impl WalIndex {
    /// The wal-index exists, and does not shrink, as long as any connection is open, which ours are.
    pub(super) fn open(database: &Path) -> io::Result<Self> {
        let path = folder::log_index_of(database);
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let memory = MmapRegionBuilder::new(MOVED + size_of::<u32>())
            .with_file_offset(FileOffset::new(file.try_clone()?, 0))
            .with_mmap_prot(libc::PROT_READ | libc::PROT_WRITE)
            .with_mmap_flags(libc::MAP_SHARED)
            .build()
            .map_err(io::Error::other)?;
        Ok(Self { file, memory })
    }

    pub(super) fn header(&self) -> [u64; HEADER_WORDS] {
        let mut header = [0; HEADER_WORDS];
        self.memory.as_volatile_slice().copy_to(&mut header);
        header
    }

    /// Has the next move of the log begin with its first frame, as after a crash. Fails while another process moves it.
    /// No thread of this one may be at it.
    pub(super) fn forget_moved(&self) -> io::Result<()> {
        self.lock_moving(libc::F_WRLCK)?;
        let forgotten = self.memory.as_volatile_slice().store(0_u32, MOVED, Ordering::SeqCst);
        self.lock_moving(libc::F_UNLCK)?;
        forgotten.map_err(io::Error::other)
    }

    fn lock_moving(&self, kind: i32) -> io::Result<()> {
        let narrow = |number: i32| libc::c_short::try_from(number).map_err(io::Error::other);
        let lock = libc::flock {
            l_type: narrow(kind)?,
            l_whence: narrow(libc::SEEK_SET)?,
            l_start: MOVING,
            l_len: 1,
            l_pid: 0,
        };
        fcntl(&self.file, FcntlArg::F_SETLK(&lock))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::store::checkpoints::{Extent, LogMover};
    use crate::store::pool;

    #[test]
    fn after_it_is_forgotten_all_of_the_log_is_moved_again() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("file");
        File::create(&path).expect("a file");
        let connection = pool::connect(&path).expect("a connection");
        let sql = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (n integer)";
        connection.execute_batch(sql).expect("a table");
        let wal_index = Arc::new(WalIndex::open(&path).expect("the wal-index"));
        let log = LogMover::of(Arc::clone(&wal_index));
        let moved = || log.move_log(&connection, Extent::Passive).expect("a move").expect("nobody is at it");
        let pages = moved();
        assert!(pages > 0, "nothing was in the log");
        let whole = fs::read(&path).expect("the file");
        // What a cut takes back when a sync failed.
        let lost = vec![0; whole.len()];
        fs::write(&path, &lost).expect("a file");
        assert_eq!(moved(), pages);
        assert_eq!(fs::read(&path).expect("the file"), lost, "SQLite takes it for moved");
        wal_index.forget_moved().expect("nobody moves it");
        assert_eq!(moved(), pages);
        assert_eq!(fs::read(&path).expect("the file"), whole);
    }
}
