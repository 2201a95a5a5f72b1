//! Copying the file while it is in use: the state of one moment, page after page, slowly enough for others to work.
//!
//! A plain copy, neither incremental nor deduplicated: what is sealed anew looks new all over, and one file is what people
//! can move, check and put back.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use rusqlite::backup::{self, StepResult};
use tempfile::NamedTempFile;

use crate::crypto::master_key::MasterKey;
use crate::domain::secret::Password;
use crate::store::backups::error::BackupError;
use crate::store::backups::unfinished;
use crate::store::error::StoreError;
use crate::store::folder::{self, FILE_NAME, FolderState, LOG_NAME};
use crate::store::keys::{self, StoredKeys};
use crate::store::open::{self, KeySource};
use crate::store::{pool, room};

/// Pages that are copied at once: half a megabyte of a new file.
const PAGES: i32 = 64;

/// How many times longer than it works a copy rests while others write: they wait for the same disk, of which the copy
/// takes a ninth. A longer copy would hold the log back longer, and a log that grows is slower to sync.
const REST_BESIDE_WRITERS: u32 = 8;

/// The same while nobody writes.
const REST: u32 = 1;

/// What to copy.
pub struct Copying<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// Where to; nothing is overwritten.
    pub target: &'a Path,
    /// The passphrase that opens the copy, and the present key, which has to open the original for that. Without it the
    /// copy opens with the same key as the original, and holds none.
    pub with_key: Option<(&'a KeySource, &'a Password)>,
}

/// A copy that is on the disk.
#[derive(Debug, Clone)]
pub struct Copied {
    /// Its file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Makes a copy and brings it to the disk. `told` hears how many of how many pages are copied, and says whether to go on.
/// Others read and write meanwhile; the copy has what was committed when it began. Blocks the thread.
pub fn make(copying: &Copying<'_>, mut told: impl FnMut(u32, u32) -> bool) -> Result<Copied, BackupError> {
    let Copying { folder, target, with_key } = *copying;
    if folder::look(folder)? == FolderState::New {
        return Err(folder::no_database(folder).into());
    }
    if target.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: target.to_owned() });
    }
    let beside = unfinished::beside(target);
    unfinished::remove(beside);
    let source = pool::connect_untouching(&folder.join(FILE_NAME))?;
    // The state of this moment, however long it takes: the log is not moved into the file meanwhile.
    source.execute_batch("begin")?;
    room::require(beside, bytes(&source)?)?;
    let unfinished = unfinished::begin(beside).map_err(BackupError::file(beside))?;
    copy_pages(folder, &source, &unfinished, &mut told)?;
    let connection = pool::connect(unfinished.path())?;
    // In one file: whoever opens it needs no log beside it.
    connection.query_row("pragma journal_mode = delete", [], |_row| Ok(()))?;
    if let Some((key, passphrase)) = with_key {
        let keyring = open::unlock(&connection, key)?.keyring;
        let (master, kdf) = MasterKey::from_new_passphrase(passphrase).map_err(open_error)?;
        keys::replace(&connection, &StoredKeys { root_key: keyring.sealed_root(&master), kdf: Some(kdf) })?;
    }
    connection.close().map_err(|(_connection, error)| error)?;
    put_in_place(unfinished, target, beside)
}

fn open_error(error: crate::crypto::master_key::MasterKeyError) -> BackupError {
    BackupError::Open(error.into())
}

/// The length of a copy of what a connection sees.
pub(super) fn bytes(source: &Connection) -> Result<u64, BackupError> {
    let number = |pragma| source.query_row(pragma, [], |row| row.get::<_, i64>(0));
    Ok((number("pragma page_count")? * number("pragma page_size")?).cast_unsigned())
}

#[expect(clippy::disallowed_methods, reason = "machine time: how long the thread worked, and its rest")]
fn copy_pages(
    folder: &Path,
    source: &Connection,
    unfinished: &NamedTempFile,
    told: &mut impl FnMut(u32, u32) -> bool,
) -> Result<(), BackupError> {
    let mut target = connect_new(unfinished.path())?;
    let backup = backup::Backup::new(source, &mut target)?;
    let mut pace = Pace::beside(folder);
    loop {
        let begun = Instant::now();
        let outcome = backup.step(PAGES)?;
        // Commits wait for the same disk, and so for no more than this.
        unfinished.as_file().sync_data().map_err(BackupError::file(unfinished.path()))?;
        let progress = backup.progress();
        let pages = u32::try_from(progress.pagecount).unwrap_or(0);
        if !told(pages - u32::try_from(progress.remaining).unwrap_or(0), pages) {
            return Err(BackupError::BrokenOff);
        }
        match outcome {
            StepResult::Done => break,
            StepResult::More => thread::sleep(pace.rest(begun.elapsed().min(Duration::from_secs(1)))),
            // Another process holds a lock for a moment.
            _ => thread::sleep(Duration::from_millis(50)),
        }
    }
    Ok(())
}

/// Copies what a connection sees into an empty file, without a rest: nobody works beside it.
pub(super) fn at_once(source: &Connection, target: &Path) -> Result<(), BackupError> {
    let mut target = connect_new(target)?;
    match backup::Backup::new(source, &mut target)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(StoreError::Locked.into()),
    }
}

/// What a crash leaves of it is thrown away, so there is no journal, and it is brought to the disk at the end.
fn connect_new(path: &Path) -> Result<Connection, BackupError> {
    let target = pool::connect(path)?;
    target.query_row("pragma journal_mode = off", [], |_row| Ok(()))?;
    target.pragma_update(None, "synchronous", "off")?;
    Ok(target)
}

/// How long a copy rests, by whether others write.
struct Pace {
    log: PathBuf,
    /// When the log was written last.
    written: Option<SystemTime>,
}

impl Pace {
    fn beside(folder: &Path) -> Self {
        Self { log: folder.join(LOG_NAME), written: None }
    }

    /// The rest after so much work.
    fn rest(&mut self, worked: Duration) -> Duration {
        let written = self.log.metadata().and_then(|log| log.modified()).ok();
        let others_write = written != self.written;
        self.written = written;
        worked * if others_write { REST_BESIDE_WRITERS } else { REST }
    }
}

fn put_in_place(unfinished: NamedTempFile, target: &Path, beside: &Path) -> Result<Copied, BackupError> {
    let failed = || BackupError::file(target);
    unfinished.as_file().sync_all().map_err(failed())?;
    let bytes = unfinished.as_file().metadata().map_err(failed())?.len();
    unfinished.persist_noclobber(target).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists { path: target.to_owned() },
        _ => failed()(error.error),
    })?;
    File::open(beside).and_then(|folder| folder.sync_all()).map_err(failed())?;
    Ok(Copied { path: target.to_owned(), bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::open_in;

    #[test]
    fn a_copy_that_is_broken_off_leaves_nothing_and_the_next_one_is_whole() {
        let (data, shelf) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let _store = open_in(&data);
        let target = shelf.path().join("copy.db");
        let copying = Copying { folder: data.path(), target: &target, with_key: None };
        let broken = make(&copying, |_done, _pages| false);
        assert!(matches!(broken, Err(BackupError::BrokenOff)), "{broken:?}");
        assert_eq!(shelf.path().read_dir().expect("a folder").count(), 0);
        let copied = make(&copying, |_done, _pages| true).expect("a copy");
        assert_eq!(copied.bytes, target.metadata().expect("a file").len());
    }
}
