//! Putting a backup where the database is. It is copied and opened whole before anything is moved, and what was there is
//! kept beside it. Killed at any moment, it is either not begun, or finished by the same command.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::domain::time::Timestamp;
use crate::store::backups::contents::{self, Contents, IfDamaged};
use crate::store::backups::error::BackupError;
use crate::store::backups::failure::Failure;
use crate::store::backups::look::Look;
use crate::store::folder::{self, FILE_NAME, LOG_INDEX_NAME, LOG_NAME, Restoring, Serving};
use crate::store::open::{self, KeySource};
use crate::store::pool;

/// The copy that is to take the database's place, until it has. One that a kill left is removed by the next.
const INCOMING: &str = "restore-unfinished-";

/// A backup that was copied into the data folder and opened whole, and can take its place.
pub struct Candidate<'a> {
    incoming: TempDir,
    folder: &'a Path,
    _serving: &'a Serving,
    /// What it holds.
    pub contents: Contents,
}

/// A backup that is in its place.
#[derive(Debug)]
pub struct Restored {
    /// Where what was there before is now, if anything was.
    pub aside: Option<PathBuf>,
}

/// Copies a backup into the folder, brings it up to date and opens every sealed value. The database there is not touched.
///
/// # Errors
/// When the backup is damaged, was made with another key, or has no room.
pub fn candidate<'a>(
    backup: &Path,
    folder: &'a Path,
    serving: &'a Serving,
    key: &KeySource,
    if_damaged: IfDamaged,
) -> Result<Candidate<'a>, BackupError> {
    let backup = &whole_again(backup, folder)?;
    remove_unfinished(folder);
    let incoming = tempfile::Builder::new().prefix(INCOMING).tempdir_in(folder);
    let incoming = incoming.map_err(BackupError::file(folder))?;
    let contents = contents::brought_up_to_date(backup, incoming.path(), key, if_damaged)?;
    Ok(Candidate { incoming, folder, _serving: serving, contents })
}

/// Where a file is that is to be restored: where a restore of the data itself put it that was broken off, else where it was
/// said to be.
pub fn source(file: &Path, folder: &Path) -> PathBuf {
    match folder::restoring(folder) {
        Some(Restoring::MakingWay(aside) | Restoring::MadeWay(aside)) if is_the_data(file, folder) => {
            let moved = folder.join(aside).join(FILE_NAME);
            if moved.exists() { moved } else { file.to_owned() }
        }
        _ => file.to_owned(),
    }
}

/// The same, once all of it is in one place: of data that was being moved aside, the log goes before the file.
fn whole_again(file: &Path, folder: &Path) -> Result<PathBuf, BackupError> {
    if let Some(Restoring::MakingWay(aside)) = folder::restoring(folder)
        && is_the_data(file, folder)
    {
        make_way(folder, aside)?;
    }
    Ok(source(file, folder))
}

fn is_the_data(file: &Path, folder: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    // A link stays when the file that it leads to is moved.
    let led_to = fs::read_link(file).map(|target| folder::containing(file).join(target));
    let file = led_to.as_deref().unwrap_or(file);
    file.file_name().is_some_and(|name| name == FILE_NAME)
        && place(folder::containing(file)).is_some_and(|place_of_file| place(folder) == Some(place_of_file))
}

/// Moves what is in the folder aside. The log goes with its database: beside another one it would spoil it.
fn make_way(folder: &Path, name: String) -> Result<String, BackupError> {
    let aside = folder.join(&name);
    folder::mark_restoring(folder, &Restoring::MakingWay(name.clone()))?;
    for path in present(folder) {
        rename(&path, &aside)?;
    }
    synced(&aside)?;
    folder::mark_restoring(folder, &Restoring::MadeWay(name.clone()))?;
    Ok(name)
}

/// Whether the key opens the data that is in a folder, so that a backup which opens with it changes nothing about keys.
pub fn opens_data(folder: &Path, key: &KeySource) -> bool {
    pool::connect_untouching(&folder.join(FILE_NAME))
        .is_ok_and(|connection| open::unlock(&connection, key).is_ok())
}

impl Candidate<'_> {
    /// Whether something is there that it would take the place of.
    pub fn replaces_something(&self) -> bool {
        present(self.folder).next().is_some()
    }

    /// Moves what is there aside and the copy in its place.
    pub fn put_in_place(self, now: Timestamp) -> Result<Restored, BackupError> {
        let aside = match folder::restoring(self.folder) {
            Some(Restoring::MadeWay(aside)) => Some(aside),
            Some(Restoring::MakingWay(aside)) => Some(make_way(self.folder, aside)?),
            None if self.replaces_something() => Some(make_way(self.folder, self.new_aside(now)?)?),
            None => None,
        };
        Look::forget(self.folder);
        Failure::keep(None, self.folder);
        rename(&self.incoming.path().join(FILE_NAME), self.folder)?;
        synced(self.folder)?;
        folder::mark_again(self.folder)?;
        Ok(Restored { aside: aside.map(|name| self.folder.join(name)) })
    }

    /// A new folder for what was there before: of this moment, or of the next second for which there is none.
    fn new_aside(&self, mut now: Timestamp) -> Result<String, BackupError> {
        loop {
            let name = format!("before-restore-{}", now.for_file_names());
            let aside = self.folder.join(&name);
            match DirBuilder::new().mode(0o700).create(&aside) {
                Ok(()) => return Ok(name),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(BackupError::file(&aside)(error)),
            }
            now = now.after(Duration::from_secs(1));
        }
    }
}

/// The database's files that are there; the log before the file that it belongs to.
fn present(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = [LOG_INDEX_NAME, LOG_NAME, FILE_NAME].map(|name| folder.join(name));
    files.into_iter().filter(|path| path.symlink_metadata().is_ok())
}

fn rename(path: &Path, into: &Path) -> Result<(), BackupError> {
    let name = path.file_name().unwrap_or_default();
    fs::rename(path, into.join(name)).map_err(BackupError::file(path))
}

fn synced(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::file(folder))
}

/// Nobody else is at it: the folder is ours alone.
pub(super) fn remove_unfinished(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let _kept_for_the_next_time = match name.to_string_lossy() {
            name if name.starts_with(INCOMING) => fs::remove_dir_all(entry.path()),
            name if name.starts_with(folder::HALF_WRITTEN) => fs::remove_file(entry.path()),
            _ => Ok(()),
        };
    }
}
