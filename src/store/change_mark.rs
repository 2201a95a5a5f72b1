//! Noticing that the file changed, whichever process changed it, for a fraction of a query's cost.
//!
//! Every commit in WAL mode writes a new header into the wal-index, `peerbox.db-shm` (SQLite, "WAL-mode File Format",
//! section 2.2): with a counter of transactions, the number of frames, salts and a checksum. While these bytes stay the
//! same nothing was committed by anybody. They are shared memory, so looking at them costs a few nanoseconds; asking
//! SQLite takes a read transaction with its locks.

use std::sync::{Arc, Mutex, PoisonError};

use crate::store::error::StoreError;
use crate::store::wal_index::{HEADER_WORDS, WalIndex};

/// A state of the file. Equal marks: no commit between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeMark([u64; HEADER_WORDS]);

/// Reads marks.
pub(super) struct ChangeMarks {
    wal_index: Arc<WalIndex>,
    epoch: Mutex<Option<(ChangeMark, i64)>>,
}

impl ChangeMarks {
    pub(super) fn of(wal_index: Arc<WalIndex>) -> Self {
        Self { wal_index, epoch: Mutex::default() }
    }

    /// The mark of this moment: whatever was committed before the call is in it.
    pub(super) fn now(&self) -> ChangeMark {
        ChangeMark(self.wal_index.header())
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
    use std::fs::File;

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
            let marks = ChangeMarks::of(Arc::new(WalIndex::open(&path).expect("the wal-index")));
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
