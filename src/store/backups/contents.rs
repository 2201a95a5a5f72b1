//! What a backup holds, and whether all of it opens.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::mem;
use std::path::Path;

use rusqlite::Connection;

use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::store::backups::copy;
use crate::store::backups::error::BackupError;
use crate::store::backups::header::OneFile;
use crate::store::backups::pace::{self, Pace};
use crate::store::backups::salvage;
use crate::store::backups::unfinished;
use crate::store::check::{self, Faults, Report};
use crate::store::columns::{counted, value};
use crate::store::error::StoreError;
use crate::store::folder::{self, FILE_NAME};
use crate::store::migrate::{self, FileState};
use crate::store::open::{self, KeySource, Missing, Older, Options, Prepared};
use crate::store::pool;
use crate::store::room;
use crate::store::tx::ReadTx;
use crate::store::whole::LOOKED_THROUGH;

/// What becomes of a damaged backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfDamaged {
    /// It is refused.
    Refuse,
    /// What can be read of it is taken over, and what does not fit together is mended.
    TakeOver,
    /// The same, and what does not open is removed.
    Discard,
}

/// What became of what is damaged in a backup that was taken over all the same.
#[derive(Debug)]
pub struct TakenOver {
    /// How many faults the backup has.
    pub faults: u64,
    /// The first of them.
    pub first: String,
    /// What could not be read, and what went with it or was removed since it did not open.
    pub lost: Faults,
    /// What could not be mended: sealed values that do not open stay as they are, unless they are to be removed.
    pub left: Faults,
}

/// What a file holds. Everything in it was opened.
#[derive(Debug)]
pub struct Contents {
    /// Accounts.
    pub accounts: u64,
    /// Channels of all accounts.
    pub channels: u64,
    /// Stored messages.
    pub messages: u64,
    /// When the newest message was received; `None` without messages.
    pub newest: Option<Timestamp>,
    /// Sealed values that opened.
    pub opened: u64,
    /// The backup is damaged.
    pub taken_over: Option<TakenOver>,
}

/// Opens every sealed value of a backup. The file is not changed; one of an earlier version is brought up to date in a
/// copy beside it, or among the temporary files where nothing can be written there. The copy is removed again.
///
/// # Errors
/// When it is damaged, or the key is not the one that it was made with.
pub fn examine(file: &Path, key: &KeySource, if_damaged: IfDamaged) -> Result<Contents, BackupError> {
    if let Some((connection, FileState::Current)) = opened_or_cut_short(file, if_damaged)? {
        let keyring = open::unlock(&connection, key).map_err(BackupError::of(file))?.keyring;
        let tx = ReadTx::new(&connection, &keyring, Timestamp::from_millis(0), None);
        let report = check::run(&tx).map_err(in_file(file))?;
        if if_damaged == IfDamaged::Refuse || report.faults() == 0 {
            return sound(file, &tx, &report);
        }
    }
    let made_in = |place: &Path| {
        unfinished::remove(place);
        let made = tempfile::Builder::new().prefix(unfinished::EXAMINED).tempdir_in(place);
        made.map_err(BackupError::file(place))
    };
    let folder = made_in(folder::containing(file)).or_else(|failure| match failure {
        BackupError::File { source, .. } if is_read_only(&source) => made_in(&room::temporary_folder()),
        other => Err(other),
    })?;
    // Whoever finds it knows that somebody works in it.
    let locked = File::open(folder.path()).map_err(BackupError::file(folder.path()))?;
    locked.try_lock().map_err(|error| BackupError::file(folder.path())(error.into()))?;
    brought_up_to_date(file, folder.path(), key, if_damaged)
}

fn is_read_only(failure: &io::Error) -> bool {
    matches!(failure.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Refuses what is no backup, before anything else is asked for or done.
pub fn require_backup(file: &Path) -> Result<(), BackupError> {
    opened_or_cut_short(file, IfDamaged::TakeOver).map(drop)
}

/// A file that is one of ours, with the log beside it: what was moved aside while it was open has its last messages there.
/// `None` for one that is cut short, where the rest of it is of use.
fn opened_or_cut_short(
    file: &Path,
    if_damaged: IfDamaged,
) -> Result<Option<(Connection, FileState)>, BackupError> {
    match opened(file) {
        Err(BackupError::CutShort { .. }) if if_damaged != IfDamaged::Refuse => Ok(None),
        opened => opened.map(Some),
    }
}

fn opened(file: &Path) -> Result<(Connection, FileState), BackupError> {
    let no_backup = || BackupError::NoBackup { path: file.to_owned() };
    // Not left to SQLite, which names no file and takes a folder for a failing disk.
    let found = fs::metadata(file).map_err(BackupError::file(file))?;
    if !found.is_file() {
        return Err(no_backup());
    }
    // A pipe is not opened: nobody may ever write to it.
    let one_file = OneFile::read(file).map_err(BackupError::file(file))?;
    if let Some(OneFile { length }) = one_file
        && found.len() < length
    {
        return Err(BackupError::CutShort { path: file.to_owned(), found: found.len(), length });
    }
    let connection = match one_file {
        // A log beside it is of another file, and SQLite would take it for its own.
        Some(_) if folder::has_log(file) => pool::connect_alone(file)?,
        _ => pool::connect_untouching(file)?,
    };
    match migrate::inspect(&connection).map_err(BackupError::of(file))? {
        FileState::Empty => Err(no_backup()),
        state => Ok((connection, state)),
    }
}

/// The same of a copy in a folder of its own, which then is of the present version, and mended where that is wanted.
pub(super) fn brought_up_to_date(
    file: &Path,
    folder: &Path,
    key: &KeySource,
    if_damaged: IfDamaged,
) -> Result<Contents, BackupError> {
    let copy = folder.join(FILE_NAME);
    let place = folder::private().open(&copy).map_err(BackupError::file(&copy))?;
    match opened_or_cut_short(file, if_damaged)? {
        Some((source, _state)) => {
            room::require(folder, copy::bytes(&source)?)?;
            copy::at_once(&source, &copy)?;
        }
        None => fill_up(file, &place, folder)?,
    }
    let mut data = prepared(file, folder, key)?;
    let found = check::run(&data.read()).map_err(in_file(file))?;
    let contents = match found.first().map(str::to_owned) {
        Some(first) if if_damaged != IfDamaged::Refuse => {
            let faults = found.faults();
            let mut lost = Faults::default();
            if found.structure.count() > 0 {
                (data, lost) = written_anew(file, data, folder, key)?;
            }
            if if_damaged == IfDamaged::Discard {
                lost.extend(check::discard(&data.read()).map_err(in_file(file))?);
            }
            lost.extend(check::mend(&data.read()).map_err(in_file(file))?);
            let mut report = check::run(&data.read()).map_err(in_file(file))?;
            let mut left = mem::take(&mut report.structure);
            left.extend(mem::take(&mut report.values));
            let taken_over = Some(TakenOver { faults, first, lost, left });
            counts(&data.read(), report.opened, taken_over).map_err(in_file(file))?
        }
        _ => sound(file, &data.read(), &found)?,
    };
    data.connection.close().map_err(|(_connection, error)| error)?;
    // SQLite does not say when it could not move the log into the file, which is to be moved without one.
    if folder::has_log(&copy) {
        return Err(BackupError::file(&copy)(io::Error::other(
            "its last changes could not be written into it",
        )));
    }
    File::open(&copy).and_then(|copy| copy.sync_all()).map_err(BackupError::file(&copy))?;
    Ok(contents)
}

/// Copies a file that is cut short, and gives the copy its length: what is missing are pages that cannot be read then.
fn fill_up(file: &Path, mut copy: &File, folder: &Path) -> Result<(), BackupError> {
    let failed = BackupError::file;
    let Some(OneFile { length }) = OneFile::read(file).map_err(failed(file))? else { return Ok(()) };
    room::require(folder, length)?;
    io::copy(&mut File::open(file).map_err(failed(file))?, &mut copy).map_err(failed(folder))?;
    copy.set_len(length).map_err(failed(folder))
}

/// The copy, opened, and of the present version.
fn prepared(file: &Path, folder: &Path, key: &KeySource) -> Result<Prepared, BackupError> {
    let options = Options {
        folder: folder.to_owned(),
        key: key.clone(),
        synchronous_full: true,
        readers: 1,
        missing: Missing::Refuse,
        older: Older::Update,
        is_ours: true,
    };
    open::prepare(&options, LOOKED_THROUGH).map_err(BackupError::of(file))
}

/// Puts what can be read of the copy in its place, and answers what cannot.
fn written_anew(
    file: &Path,
    damaged: Prepared,
    folder: &Path,
    key: &KeySource,
) -> Result<(Prepared, Faults), BackupError> {
    const ANEW: &str = "anew.db";
    room::require(folder, copy::bytes(&damaged.connection)?)?;
    let anew = folder.join(ANEW);
    let lost = salvage::write_anew(&damaged.connection, &anew)?;
    damaged.connection.close().map_err(|(_connection, error)| error)?;
    fs::rename(&anew, folder.join(FILE_NAME)).map_err(BackupError::file(&anew))?;
    Ok((prepared(file, folder, key)?, lost))
}

/// Opens every sealed value of a backup of data that is open, at the pace of a copy beside it. Answers what is wrong:
/// whoever made the backup took that over. Blocks the thread for as long as `told` says to go on.
pub fn look_through(
    file: &Path,
    store: &Store,
    told: impl FnMut() -> bool + Send + 'static,
) -> Result<Report, BackupError> {
    let (mut connection, _state) = opened(file)?;
    let found = pace::slowed(&mut connection, Pace::beside(store.folder()), told, |connection| {
        check::run_on_sound(&ReadTx::new(connection, store.keyring(), Timestamp::from_millis(0), None))
    });
    found?.map_err(in_file(file))
}

fn in_file(file: &Path) -> impl Fn(StoreError) -> BackupError {
    let of_file = BackupError::of(file);
    move |error| of_file(error.into())
}

/// What is in a file that has no fault; else it is refused.
fn sound(file: &Path, tx: &ReadTx<'_>, report: &Report) -> Result<Contents, BackupError> {
    if let Some(first) = report.first() {
        let (path, faults, first) = (file.to_owned(), report.faults(), first.to_owned());
        return Err(BackupError::Damaged { path, faults, first });
    }
    counts(tx, report.opened, None).map_err(in_file(file))
}

fn counts(tx: &ReadTx<'_>, opened: u64, taken_over: Option<TakenOver>) -> Result<Contents, StoreError> {
    const NEWEST: &str = "select max(received_at) from envelope";
    let count = |sql| -> Result<u64, StoreError> { tx.one(sql, [], counted) };
    Ok(Contents {
        accounts: count("select count(*) from account")?,
        channels: count("select count(*) from channel")?,
        messages: count("select coalesce(sum(messages), 0) from channel")?,
        newest: tx.one(NEWEST, [], value)?,
        opened,
        taken_over,
    })
}
