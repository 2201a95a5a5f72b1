//! The data folder: who serves it, and whether it ever had a database.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{self, AccessFlags};

use crate::config::Listen;
use crate::store::error::OpenError;

/// The database's name in the data folder.
pub const FILE_NAME: &str = "peerbox.db";

/// SQLite's write-ahead log of it.
pub(super) const LOG_NAME: &str = "peerbox.db-wal";

/// SQLite's index of the log.
pub(super) const LOG_INDEX_NAME: &str = "peerbox.db-shm";

/// Locked by the process that serves the folder, whose number it holds, and after it where that listens.
const LOCK_NAME: &str = "peerbox.lock";

/// What stands between the two. As one line, earlier versions tell all of it of the process that is in their way.
const AT: &str = " at ";

/// What parts the addresses.
const PART: &str = ", ";

/// Says that the folder has a database: should that be gone or empty, it is lost and not yet to be made.
const MARK_NAME: &str = "peerbox.made";

const MARK: &str =
    "This folder has a database, peerbox.db. No new one is made here while this file is here.\n";

/// What the mark says until the database is whole: it may be made anew.
const BEING_MADE: &str = "A database is being made here.\n";

/// The right to serve a folder, which one process has at a time. It ends with the process, however that ends.
pub struct Serving {
    locked: File,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Nobody is to be asked where nobody listens any more.
        let _ = self.locked.set_len(0);
    }
}

impl Serving {
    /// Takes the right to a folder that has a database, and makes nothing where it has none.
    pub fn claim_database(folder: &Path) -> Result<Self, OpenError> {
        match look(folder)? {
            FolderState::New => Err(no_database(folder)),
            FolderState::HasFile => Self::claim(folder),
        }
    }

    /// Takes the right, and makes the folder when there is none.
    pub fn claim(folder: &Path) -> Result<Self, OpenError> {
        let failed = |source| failure(folder, source);
        make(folder)?;
        let mut file = private().read(true).open(folder.join(LOCK_NAME)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = named_in(&mut file).map_err(failed)?;
                return Err(OpenError::Served { folder: folder.display().to_string(), process });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { locked: file })
    }

    /// Writes down where this process listens, for whoever asks whether it does its work.
    pub fn listens_at(&self, places: &[Listen]) -> io::Result<()> {
        let places: Vec<_> = places.iter().map(ToString::to_string).collect();
        let line = format!("{}{AT}{}\n", std::process::id(), places.join(PART));
        self.locked.write_all_at(line.as_bytes(), 0)
    }
}

/// Where the server of this folder listens, as far as one said so.
pub fn listening(folder: &Path) -> Vec<Listen> {
    // Not locked to see whether somebody serves it: a server that starts just then would be refused.
    let Ok(said) = fs::read_to_string(folder.join(LOCK_NAME)) else { return Vec::new() };
    let places = said.trim_end().split_once(AT).map_or("", |(_number, places)| places);
    places.split(PART).filter_map(|place| Listen::parse(place).ok()).collect()
}

/// What the mark says while what is there makes way for a backup, and after it in which folder it is put.
const MAKING_WAY: &str = "A backup is being put in place here. What was here before is being moved to: ";

/// The same when all of it is there, until the backup is in its place.
const MADE_WAY: &str = "A backup is being put in place here. What was here before is in: ";

/// The process whose number is in the lock, in words. One that has just taken it has not written its number yet.
fn named_in(lock: &mut File) -> io::Result<String> {
    for _try in 0..100 {
        let mut number = String::new();
        lock.rewind()?;
        lock.read_to_string(&mut number)?;
        if number.ends_with('\n') {
            return Ok(format!("process {}", number.trim()));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok("another process".to_owned())
}

/// How far a restore has come that was begun and not finished, with the folder of what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Restoring {
    /// What is here belongs there.
    MakingWay(String),
    /// What is here, if anything, is the backup.
    MadeWay(String),
}

/// What lies in the folder under the database's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FolderState {
    /// Nothing, and there never was anything.
    New,
    /// A file. Only SQLite can tell what it is.
    HasFile,
}

/// Looks before SQLite does, which would take an empty file for a new one and delete the log beside it.
///
/// Who makes a database says so before there is a file: an empty file of which nobody said so was emptied, also where an
/// earlier version made it, which left no mark.
pub(super) fn look(folder: &Path) -> Result<FolderState, OpenError> {
    if restoring(folder).is_some() {
        return Err(OpenError::HalfRestored { folder: folder.display().to_string() });
    }
    let path = folder.join(FILE_NAME);
    // SQLite puts the log beside the file that the link leads to, and a restore would move the link alone.
    if path.is_symlink() {
        let link = "peerbox.db in it is a link; have the folder be one instead";
        return Err(failure(folder, io::Error::other(link)));
    }
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(failure(folder, error)),
        Ok(_) if unistd::access(&path, AccessFlags::R_OK) == Err(Errno::EACCES) => Err(not_permitted(folder)),
        Ok(file) if file.len() > 0 => Ok(FolderState::HasFile),
        _ if has_log(&path) => Err(lost(folder)),
        Ok(_) if is_being_made(folder) => Ok(FolderState::New),
        Err(_) if is_being_made(folder) || !is_marked(folder) => Ok(FolderState::New),
        _ => Err(lost(folder)),
    }
}

/// Whether the file was not closed, or is open now: what was committed last lies in the log.
pub(super) fn has_log(file: &Path) -> bool {
    fs::metadata(log_of(file)).is_ok_and(|log| log.len() > 0)
}

/// Whether somebody has the database open, or was killed while it was.
pub(super) fn is_open(file: &Path) -> bool {
    log_index_of(file).exists()
}

/// The folder that a file is in.
pub fn containing(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Whether both are on one disk; of what is not there yet, whether its folder is.
pub fn is_same_disk(one: &Path, other: &Path) -> bool {
    let disk =
        |path: &Path| path.ancestors().find_map(|path| fs::metadata(path).ok()).map(|found| found.dev());
    disk(one) == disk(other)
}

/// Whether we may make files beside it, as SQLite does to lock it.
pub(super) fn may_write_beside(file: &Path) -> bool {
    [file, containing(file)].iter().all(|path| unistd::access(*path, AccessFlags::W_OK).is_ok())
}

/// Where the write-ahead log of a file is.
pub(super) fn log_of(file: &Path) -> PathBuf {
    beside(file, "-wal")
}

/// Where the index of that log is.
pub(super) fn log_index_of(file: &Path) -> PathBuf {
    beside(file, "-shm")
}

/// Where SQLite keeps what belongs to a file.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Whether the database of this folder is not whole yet.
pub(super) fn is_being_made(folder: &Path) -> bool {
    fs::read_to_string(folder.join(MARK_NAME)).is_ok_and(|mark| mark == BEING_MADE)
}

/// How far a restore has come that was not finished.
pub(super) fn restoring(folder: &Path) -> Option<Restoring> {
    let mark = fs::read_to_string(folder.join(MARK_NAME)).ok()?;
    let aside = |said: &str| mark.strip_prefix(said).map(|aside| aside.trim_end().to_owned());
    aside(MAKING_WAY).map(Restoring::MakingWay).or_else(|| aside(MADE_WAY).map(Restoring::MadeWay))
}

/// Remembers how far a restore has come. Nothing here is whole until it is finished.
pub(super) fn mark_restoring(folder: &Path, restoring: &Restoring) -> Result<(), OpenError> {
    let (said, aside) = match restoring {
        Restoring::MakingWay(aside) => (MAKING_WAY, aside),
        Restoring::MadeWay(aside) => (MADE_WAY, aside),
    };
    write_mark(folder, &format!("{said}{aside}\n"))
}

/// Remembers that the folder has the database that was put there.
pub(super) fn mark_again(folder: &Path) -> Result<(), OpenError> {
    write_mark(folder, MARK)
}

fn is_marked(folder: &Path) -> bool {
    folder.join(MARK_NAME).exists()
}

/// The refusal of a folder whose database is gone or empty.
pub(super) fn lost(folder: &Path) -> OpenError {
    OpenError::Lost { folder: folder.display().to_string() }
}

/// The refusal of a folder that never had a database.
pub(super) fn no_database(folder: &Path) -> OpenError {
    OpenError::NoDatabase(folder.display().to_string())
}

/// Remembers that the folder has a database.
pub(super) fn mark(folder: &Path) -> Result<(), OpenError> {
    if is_marked(folder) && !is_being_made(folder) {
        return Ok(());
    }
    write_mark(folder, MARK)
}

/// Makes the folder and an empty file in it, readable by their owner only.
pub(super) fn begin(folder: &Path) -> Result<(), OpenError> {
    make(folder)?;
    write_mark(folder, BEING_MADE)?;
    private().open(folder.join(FILE_NAME)).map(drop).map_err(|source| failure(folder, source))
}

fn write_mark(folder: &Path, text: &str) -> Result<(), OpenError> {
    put(folder, MARK_NAME, text).map_err(|source| failure(folder, source))
}

/// What a file of the folder is called until it is whole.
pub(super) const HALF_WRITTEN: &str = ".peerbox-half-written-";

/// Writes a file of the folder, readable by its owner only: all of it, or nothing.
pub(super) fn put(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(HALF_WRITTEN).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name))?;
    File::open(folder)?.sync_all()
}

/// Refuses a database that this user may look at and not change, or a place where none can be made.
pub(super) fn require_writable(folder: &Path) -> Result<(), OpenError> {
    let there = folder.ancestors().find(|place| place.exists()).unwrap_or(folder);
    for path in [there, &folder.join(FILE_NAME)] {
        if let Err(refusal @ (Errno::EACCES | Errno::EROFS)) = unistd::access(path, AccessFlags::W_OK) {
            return Err(failure(folder, refusal.into()));
        }
    }
    Ok(())
}

fn not_permitted(folder: &Path) -> OpenError {
    OpenError::NotPermitted { folder: folder.display().to_string() }
}

pub(super) fn failure(folder: &Path, source: io::Error) -> OpenError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return not_permitted(folder);
    }
    OpenError::Folder { path: folder.display().to_string(), source }
}

pub(super) fn make(folder: &Path) -> Result<(), OpenError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| failure(folder, source))
}

/// Opens for writing what is there, or makes it.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false).mode(0o600);
    options
}
