//! Copying the file while it is in use: the state of one moment, page after page, slowly enough for others to work.
//!
//! A plain copy, neither incremental nor deduplicated: what is sealed anew looks new all over, and one file is what people
//! can move, check and put back.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::backup::{self, StepResult};
use rusqlite::{Connection, ErrorCode};
use tempfile::NamedTempFile;

use crate::crypto::master_key::MasterKey;
use crate::domain::secret::Password;
use crate::domain::time::Timestamp;
use crate::store::backups::error::BackupError;
use crate::store::backups::pace::{self, Pace};
use crate::store::backups::shelf::Shelf;
use crate::store::backups::unfinished;
use crate::store::check;
use crate::store::error::StoreError;
use crate::store::folder::{self, FILE_NAME, FolderState};
use crate::store::keys::{self, StoredKeys};
use crate::store::open::{self, KeySource};
use crate::store::{pages, pool, room};

/// Pages that are copied at once: half a megabyte of a new file.
const PAGES: i32 = 64;

/// Where a copy comes.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// This file, which must not be there.
    File(&'a Path),
    /// Onto the shelf, named after this moment.
    Shelf(&'a Shelf, Timestamp),
    /// The same for the copy that is made before data of that version is brought up to date.
    BeforeUpdate(&'a Shelf, Timestamp, i32),
}

impl Target<'_> {
    /// A path at which nothing is yet. It may be taken by the time that the copy is whole.
    fn path(self) -> Result<PathBuf, BackupError> {
        match self {
            Self::File(path) if path.symlink_metadata().is_ok() => {
                Err(BackupError::Exists { path: path.to_owned() })
            }
            Self::File(path) => Ok(path.to_owned()),
            Self::Shelf(folder, now) => folder.place(now, None),
            Self::BeforeUpdate(folder, now, version) => folder.place(now, Some(version)),
        }
    }
}

/// What to copy.
pub struct Copying<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// Where to; nothing is overwritten.
    pub target: Target<'a>,
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
///
/// # Errors
/// Also when the copy is damaged, because the data is: it would take the place of one that is of use.
pub fn make(
    copying: &Copying<'_>,
    told: impl FnMut(u32, u32) -> bool + Send + 'static,
) -> Result<Copied, BackupError> {
    make_at(copying, Pace::beside(copying.folder), told)
}

/// The same where nobody else works with the data, without a rest.
pub(super) fn make_alone(copying: &Copying<'_>) -> Result<Copied, BackupError> {
    make_at(copying, Pace::Alone, |_done, _pages| true)
}

fn make_at(
    copying: &Copying<'_>,
    mut pace: Pace,
    mut told: impl FnMut(u32, u32) -> bool + Send + 'static,
) -> Result<Copied, BackupError> {
    let Copying { folder, target, with_key } = *copying;
    if folder::look(folder)? == FolderState::New {
        return Err(folder::no_database(folder).into());
    }
    let path = target.path()?;
    let beside = folder::containing(&path);
    unfinished::remove(beside);
    let source = pool::connect_untouching(&folder.join(FILE_NAME))?;
    // The state of this moment, however long it takes: the log is not moved into the file meanwhile.
    source.execute_batch("begin")?;
    room::require(beside, bytes(&source)?)?;
    let unfinished = unfinished::begin(beside).map_err(BackupError::file(beside))?;
    copy_pages(&source, &unfinished, &mut pace, &mut told)?;
    drop(source);
    let mut connection = pool::connect(unfinished.path())?;
    // In one file: whoever opens it needs no log beside it.
    connection.query_row("pragma journal_mode = delete", [], |_row| Ok(()))?;
    require_sound(&mut connection, pace, told)?;
    if let Some((key, passphrase)) = with_key {
        let keyring = open::unlock(&connection, key)?.keyring;
        let (master, kdf) = MasterKey::from_new_passphrase(passphrase).map_err(open_error)?;
        keys::replace(&connection, &StoredKeys { root_key: keyring.sealed_root(&master), kdf: Some(kdf) })?;
    }
    connection.close().map_err(|(_connection, error)| error)?;
    put_in_place(unfinished, target, beside)
}

/// Looks through the structure of a copy, at the pace of copying.
fn require_sound(
    connection: &mut Connection,
    pace: Pace,
    mut told: impl FnMut(u32, u32) -> bool + Send + 'static,
) -> Result<(), BackupError> {
    // All is copied.
    let verdict = pace::slowed(
        connection,
        pace,
        move || told(1, 1),
        |connection| connection.query_row("pragma integrity_check(1)", [], |row| row.get::<_, String>(0)),
    )?;
    let damaged = |first: String| BackupError::DamagedData { first };
    match verdict {
        Ok(verdict) => check::lines(&verdict).next().map_or(Ok(()), |first| Err(damaged(first.to_owned()))),
        Err(error) => Err(match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => BackupError::BrokenOff,
            Some(ErrorCode::DatabaseCorrupt) => damaged(error.to_string()),
            _ => error.into(),
        }),
    }
}

fn open_error(error: crate::crypto::master_key::MasterKeyError) -> BackupError {
    BackupError::Open(error.into())
}

/// The length of a copy of what a connection sees.
pub(super) fn bytes(source: &Connection) -> Result<u64, BackupError> {
    Ok(pages::whole(source)?)
}

#[expect(clippy::disallowed_methods, reason = "machine time: how long the thread worked, and its rest")]
fn copy_pages(
    source: &Connection,
    unfinished: &NamedTempFile,
    pace: &mut Pace,
    told: &mut impl FnMut(u32, u32) -> bool,
) -> Result<(), BackupError> {
    let mut target = connect_new(unfinished.path())?;
    let backup = backup::Backup::new(source, &mut target)?;
    loop {
        let begun = Instant::now();
        let outcome = backup.step(PAGES)?;
        // Commits wait for the same disk, and so for no more than this.
        let beside = folder::containing(unfinished.path());
        unfinished.as_file().sync_data().map_err(BackupError::file(beside))?;
        let progress = backup.progress();
        let pages = u32::try_from(progress.pagecount).unwrap_or(0);
        if !told(pages - u32::try_from(progress.remaining).unwrap_or(0), pages) {
            return Err(BackupError::BrokenOff);
        }
        match outcome {
            StepResult::Done => break,
            StepResult::More => thread::sleep(pace.rest(begun.elapsed())),
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
pub(super) fn connect_new(path: &Path) -> Result<Connection, BackupError> {
    let target = pool::connect(path)?;
    target.query_row("pragma journal_mode = off", [], |_row| Ok(()))?;
    target.pragma_update(None, "synchronous", "off")?;
    Ok(target)
}

fn put_in_place(
    mut unfinished: NamedTempFile,
    target: Target<'_>,
    beside: &Path,
) -> Result<Copied, BackupError> {
    unfinished.as_file().sync_all().map_err(BackupError::file(beside))?;
    let bytes = unfinished.as_file().metadata().map_err(BackupError::file(beside))?.len();
    let path = loop {
        let path = target.path()?;
        match unfinished.persist_noclobber(&path) {
            Ok(_file) => break path,
            // Another copy took the name in this moment.
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => unfinished = error.file,
            Err(error) => return Err(BackupError::File { path, source: error.error }),
        }
    };
    File::open(beside).and_then(|folder| folder.sync_all()).map_err(BackupError::file(beside))?;
    Ok(Copied { path, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{open_in, options};

    #[test]
    fn a_copy_that_is_broken_off_leaves_nothing_and_the_next_one_is_whole() {
        let (data, shelf) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let _store = open_in(&data);
        let target = shelf.path().join("copy.db");
        let copying = Copying { folder: data.path(), target: Target::File(&target), with_key: None };
        let broken = make(&copying, |_done, _pages| false);
        assert!(matches!(broken, Err(BackupError::BrokenOff)), "{broken:?}");
        assert_eq!(shelf.path().read_dir().expect("a folder").count(), 0);
        let copied = make(&copying, |_done, _pages| true).expect("a copy");
        assert_eq!(copied.bytes, target.metadata().expect("a file").len());
    }

    /// Enough for many steps of a copy.
    fn fill(path: &Path) {
        let rows = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)
                    insert into filler (x) select zeroblob(2000) from n";
        let database = pool::connect(path).expect("the database");
        database.pragma_update(None, "journal_mode", "wal").expect("a log");
        database.execute_batch("create table if not exists filler (x blob)").expect("a table");
        database.execute_batch(rows).expect("rows");
        // As a server does that is started, goes on and is stopped.
        let _held_back: rusqlite::Result<()> =
            database.query_row("pragma wal_checkpoint(passive)", [], |_row| Ok(()));
    }

    #[test]
    fn a_copy_of_what_nobody_served_is_whole_also_when_a_server_is_started_beside_it() {
        let (data, shelf) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        drop(open::prepare(&options(&data), Duration::ZERO).expect("a database"));
        let file = data.path().join(FILE_NAME);
        fill(&file);
        assert!(!folder::has_log(&file), "nobody has it open");
        let target = shelf.path().join("copy.db");
        let copying = Copying { folder: data.path(), target: Target::File(&target), with_key: None };
        let written = file.clone();
        let mut begun = false;
        make(&copying, move |_done, _pages| {
            if !begun {
                fill(&written);
            }
            begun = true;
            true
        })
        .expect("a copy");
        let rows = |path: &Path| {
            let database = pool::connect(path).expect("a database");
            database.query_row("select count(*) from filler", [], |row| row.get::<_, i64>(0)).expect("rows")
        };
        assert_eq!((rows(&target), rows(&file)), (1000, 2000));
    }

    #[test]
    fn damaged_data_is_not_kept_as_a_backup() {
        use std::os::unix::fs::FileExt;
        let (data, shelf) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        drop(open::prepare(&options(&data), Duration::ZERO).expect("a database"));
        let path = data.path().join(FILE_NAME);
        fill(&path);
        let file = File::options().write(true).open(&path).expect("the file");
        let middle = file.metadata().expect("its length").len() / 2 / 8192 * 8192;
        file.write_all_at(&[0xff; 4096], middle).expect("space");
        let target = shelf.path().join("copy.db");
        let copying = Copying { folder: data.path(), target: Target::File(&target), with_key: None };
        let refused = make(&copying, |_done, _pages| true);
        assert!(matches!(refused, Err(BackupError::DamagedData { .. })), "{refused:?}");
        assert_eq!(shelf.path().read_dir().expect("a folder").count(), 0);
    }

    #[test]
    fn a_name_that_was_taken_while_it_was_copied_is_left_alone() {
        let (data, shelf) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let _store = open_in(&data);
        let shelf = Shelf::new(shelf.path().to_owned(), shelf.path());
        let target = Target::Shelf(&shelf, Timestamp::from_millis(0));
        let copying = Copying { folder: data.path(), target, with_key: None };
        let taken = shelf.folder().join("peerbox-1970-01-01T000000Z.db");
        let other = taken.clone();
        let copied = make(&copying, move |_done, _pages| {
            std::fs::write(&other, "another backup").expect("space");
            true
        });
        let copied = copied.expect("a copy").path;
        assert_eq!(copied, shelf.folder().join("peerbox-1970-01-01T000001Z.db"));
        assert_eq!(std::fs::read(taken).expect("the other"), b"another backup");
    }
}
