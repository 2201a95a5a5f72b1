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

/// Reads marks.
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
