//! Noticing that the file changed, whichever process changed it, for a fraction of a query's cost.
//!
//! Every commit in WAL mode writes a new header into the wal-index, `peerbox.db-shm` (SQLite, "WAL-mode File Format",
//! section 2.2): with a counter of transactions, the number of frames, salts and a checksum. While these bytes stay the
//! same nothing was committed by anybody. They are shared memory, so looking at them costs a few nanoseconds; asking
//! SQLite takes a read transaction with its locks.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use vm_memory::mmap::MmapRegionBuilder;
use vm_memory::{FileOffset, MmapRegion, VolatileMemory};

use crate::store::error::StoreError;

/// The first copy of the header. It is the one that is written last, so every commit that has ended is in it.
const HEADER_WORDS: usize = 6;
const HEADER_BYTES: usize = HEADER_WORDS * size_of::<u64>();

/// A state of the file. Equal marks: no commit between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeMark([u64; HEADER_WORDS]);

/// Reads marks. Must be dropped after every connection of this process: to close one descriptor of a file gives up all the
/// locks that the process holds on it (POSIX, `fcntl`), and SQLite locks the wal-index. For the same reason nothing else
/// here may open the database, its log or its index; looking at their names and numbers is no opening.
pub(super) struct ChangeMarks {
    wal_index: MmapRegion,
    epoch: Mutex<Option<(ChangeMark, i64)>>,
}

impl ChangeMarks {
    /// The wal-index exists, and does not shrink, as long as any connection is open, which ours are.
    pub(super) fn open(database: &Path) -> std::io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        let file = File::open(path)?;
        let wal_index = MmapRegionBuilder::new(HEADER_BYTES)
            .with_file_offset(FileOffset::new(file, 0))
            .with_mmap_prot(libc::PROT_READ)
            .with_mmap_flags(libc::MAP_SHARED)
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self { wal_index, epoch: Mutex::default() })
    }

    /// The mark of this moment: whatever was committed before the call is in it.
    pub(super) fn now(&self) -> ChangeMark {
        let mut header = [0; HEADER_WORDS];
        self.wal_index.as_volatile_slice().copy_to(&mut header);
        ChangeMark(header)
    }

    /// The access epoch, asked for only when something was committed since it was last asked for.
    ///
    /// The mark was taken before: a commit between the two makes the answer look older than it is, never newer.
    pub(super) fn epoch(
        &self,
        mark: ChangeMark,
        ask: impl FnOnce() -> Result<i64, StoreError>,
    ) -> Result<i64, StoreError> {
        let remembered = *self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, epoch)) = remembered
            && known == mark
        {
            return Ok(epoch);
        }
        let epoch = ask()?;
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = Some((mark, epoch));
        Ok(epoch)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::*;
    use crate::store::pool;

    struct Watched {
        marks: ChangeMarks,
        own: Connection,
        foreign: Connection,
        _folder: TempDir,
    }

    impl Watched {
        fn new() -> Self {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("file");
            File::create(&path).expect("a file");
            let [own, foreign] = [(); 2].map(|()| pool::connect(&path).expect("a connection"));
            let sql = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (n integer)";
            own.execute_batch(sql).expect("a table");
            let marks = ChangeMarks::open(&path).expect("the wal-index");
            Self { marks, own, foreign, _folder: folder }
        }

        /// Whether a piece of work changes the mark.
        fn differs(&self, work: impl FnOnce(&Self)) -> bool {
            let before = self.marks.now();
            work(self);
            before != self.marks.now()
        }
    }

    fn add(connection: &Connection) {
        connection.execute("insert into t values (1)", []).expect("space");
    }

    fn count(connection: &Connection) -> i64 {
        connection.query_row("select count(*) from t", [], |row| row.get(0)).expect("a count")
    }

    #[test]
    fn a_mark_stays_until_somebody_commits() {
        let watched = Watched::new();
        assert!(!watched.differs(|_| {}));
        assert!(!watched.differs(|watched| {
            count(&watched.own);
            let undone = "begin immediate; insert into t values (1); rollback";
            watched.own.execute_batch(undone).expect("a rollback");
        }));
        assert!(watched.differs(|watched| add(&watched.own)));
        assert!(watched.differs(|watched| add(&watched.foreign)), "another connection");
    }

    #[test]
    fn a_mark_never_comes_again_when_the_log_begins_anew() {
        let watched = Watched::new();
        let first = watched.marks.now();
        for _ in 0..3 {
            add(&watched.own);
            let moved =
                watched.own.query_row("pragma wal_checkpoint(restart)", [], |row| row.get::<_, i64>(0));
            assert_eq!(moved.expect("a checkpoint"), 0);
            assert!(watched.differs(|watched| add(&watched.foreign)), "the first commit of a log");
            assert_ne!(watched.marks.now(), first);
        }
    }

    #[test]
    fn an_epoch_is_asked_for_once_for_each_mark() {
        let watched = Watched::new();
        let mark = watched.marks.now();
        assert_eq!(watched.marks.epoch(mark, || Ok(7)).expect("an epoch"), 7);
        let known = watched.marks.epoch(mark, || Err(StoreError::Closed));
        assert_eq!(known.expect("an epoch"), 7);
        add(&watched.foreign);
        assert_eq!(watched.marks.epoch(watched.marks.now(), || Ok(8)).expect("an epoch"), 8);
    }
}
