//! Whether changes can be stored: what the last commit came to, whether there is room, whether the files are still those
//! that were opened, and whether they are sound.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use crate::domain::time::Timestamp;
use crate::observe::repeats::Repeats;
use crate::store::checkpoints::{MoveError, NOT_MOVED};
use crate::store::error::{Fails, StoreError};
use crate::store::folder::{FILE_NAME, LOG_INDEX_NAME, LOG_NAME};
use crate::store::reserve::Reserve;

/// How old the last change of a folder must be, so that the next one is sure to have another time.
const SETTLED: Duration = Duration::from_secs(3);

const FULL: &str = "the disk is full";

const FULL_OR_FAILING: &str = "the disk may be full or failing";

/// What the writer finds out and everybody may ask.
pub(super) struct Health {
    folder: PathBuf,
    /// The files as they were when they were opened.
    files: Vec<(PathBuf, Identity)>,
    /// The folder as it was when the files were last looked at. Whatever is moved or deleted in it changes its time, so as
    /// long as it is the same a look at it is enough.
    looked_at: Mutex<Option<Look>>,
    /// The last commit failed.
    failing: AtomicBool,
    /// A page was not what SQLite wrote.
    damaged: AtomicBool,
    reserve: Reserve,
    told: Repeats,
}

/// Device and inode. A file that is moved keeps them, and so does one that is deleted while somebody has it open.
type Identity = (u64, u64);

/// Which folder it is, and when anything in it was last made, moved or deleted.
type Look = (Identity, SystemTime);

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
            looked_at: Mutex::default(),
            failing: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            reserve: Reserve::keep(folder),
            told: Repeats::default(),
        })
    }

    /// Refuses when a file was moved, replaced or deleted.
    pub(super) fn check_files(&self) -> Result<(), StoreError> {
        let folder = look(&self.folder).ok();
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        if folder.is_some() && *looked_at == folder {
            return Ok(());
        }
        let same = |(path, opened): &(PathBuf, Identity)| identity(path).is_ok_and(|found| found == *opened);
        if !self.files.iter().all(same) {
            return Err(StoreError::Replaced);
        }
        *looked_at = folder.filter(|(_, changed)| changed.elapsed().is_ok_and(|age| age > SETTLED));
        Ok(())
    }

    /// Whether the next commit has to show that there is room.
    pub(super) fn is_doubtful(&self) -> bool {
        self.failing.load(Ordering::Relaxed) || self.reserve.is_given_up()
    }

    /// Refuses when messages have no room.
    pub(super) fn require_room(&self, database: &Connection) -> Result<(), StoreError> {
        if self.reserve.allows_messages(database)? { Ok(()) } else { Err(StoreError::DiskFull) }
    }

    /// Gives the reserve up where a change would find no room.
    pub(super) fn make_room(&self, database: &Connection, now: Timestamp) -> Result<(), StoreError> {
        if self.reserve.is_needed(database)? {
            self.give_reserve_up(FULL, now);
        }
        Ok(())
    }

    fn give_reserve_up(&self, why: &str, now: Timestamp) {
        if self.reserve.give_up()
            && let Some(times) = self.told.tell(why, now)
        {
            tracing::error!(times, "{why}: messages are refused until it has room, deleting goes on");
        }
    }

    pub(super) fn is_short_of_room(&self) -> bool {
        self.reserve.is_given_up()
    }

    /// Refuses everything once the database was found damaged: what is stored in it might be lost with it, or make the
    /// damage worse.
    pub(super) fn require_sound(&self) -> Result<(), StoreError> {
        if self.damaged.load(Ordering::Relaxed) { Err(StoreError::Unsound) } else { Ok(()) }
    }

    /// Looks for damage in what a read or a change came to.
    pub(super) fn notice<E: Fails>(&self, failure: &E) {
        if let Some(StoreError::Damaged(cause)) = failure.store_error()
            && !self.damaged.swap(true, Ordering::Relaxed)
        {
            tracing::error!(
                %cause,
                "the database is damaged, nothing is stored any more; stop the server and put a backup in its place, or what can be read of it, \
                 with `peerbox restore`"
            );
        }
    }

    pub(super) fn commit_failed(&self, failure: &StoreError, now: Timestamp) {
        self.notice(failure);
        self.failing.store(true, Ordering::Relaxed);
        match failure {
            StoreError::DiskFull => self.give_reserve_up(FULL, now),
            // Where somebody's share of the disk is used up, the system says no more than that.
            StoreError::GivenUp | StoreError::Failing(_) => self.give_reserve_up(FULL_OR_FAILING, now),
            _ => {}
        }
        if !matches!(failure, StoreError::Damaged(_) | StoreError::Unsound)
            && let Some(times) = self.told.tell(&failure.to_string(), now)
        {
            tracing::error!(error = %failure, times, "a commit failed");
        }
    }

    /// The writer did not answer in time.
    pub(super) fn writer_stalled(&self, now: Timestamp) {
        const STALLED: &str =
            "the writer is held up; another program may hold the lock of the database, or the disk is slow";
        if let Some(times) = self.told.tell(STALLED, now) {
            tracing::error!(times, "{STALLED}");
        }
    }

    /// The log was not moved into the file after a commit.
    pub(super) fn log_not_moved(&self, failure: &MoveError, now: Timestamp) {
        if let Some(times) = self.told.tell(NOT_MOVED, now) {
            tracing::warn!(error = %failure, times, "{NOT_MOVED}");
        }
    }

    /// A commit brought something to the disk.
    pub(super) fn commit_stored(&self, now: Timestamp) {
        const AGAIN: &str = "changes are stored again";
        if !self.reserve.is_given_up()
            && self.failing.swap(false, Ordering::Relaxed)
            && let Some(times) = self.told.tell(AGAIN, now)
        {
            tracing::info!(times, "{AGAIN}");
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

fn look(folder: &Path) -> io::Result<Look> {
    let found = fs::metadata(folder)?;
    Ok(((found.dev(), found.ino()), found.modified()?))
}
