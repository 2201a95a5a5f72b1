//! Noticing that the file changed, whichever process changed it, for a fraction of a query's cost.
//!
//! Every commit in WAL mode writes a new header into the wal-index, `peerbox.db-shm` (SQLite, "WAL-mode File Format",
//! section 2.2): with a counter of transactions, the number of frames and salts. While these bytes stay the same nothing
//! was committed by anybody. Reading them is one system call; asking SQLite takes a read transaction with its locks.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::store::error::StoreError;

/// Both copies of the header.
const HEADER_BYTES: usize = 96;

/// A state of the file. Equal marks: no commit between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeMark([u8; HEADER_BYTES]);

/// Reads marks.
pub(super) struct ChangeMarks {
    wal_index: File,
    epoch: Mutex<Option<(ChangeMark, i64)>>,
}

impl ChangeMarks {
    /// The wal-index exists as long as any connection is open, which ours are.
    pub(super) fn open(database: &Path) -> std::io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        Ok(Self { wal_index: File::open(path)?, epoch: Mutex::default() })
    }

    /// The mark of this moment: whatever was committed before the call is in it.
    pub(super) fn now(&self) -> Result<ChangeMark, StoreError> {
        let mut header = [0; HEADER_BYTES];
        self.wal_index.read_exact_at(&mut header, 0).map_err(|error| StoreError::Pool(error.to_string()))?;
        Ok(ChangeMark(header))
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
