//! The files beside the master key's: the next one, until it takes that one's place, and those of before.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::crypto::keyring::Keyring;
use crate::crypto::master_key::{MasterKey, sync_folder};
use crate::store::folder;
use crate::store::keys::StoredKeys;

/// Where it lies.
pub(super) fn path_beside(path: &Path) -> PathBuf {
    beside(path, "next")
}

/// A rotation that was killed after the data had its new key and before the key's file was in its place.
pub(super) struct Unfinished {
    next: PathBuf,
    path: PathBuf,
    stored: StoredKeys,
}

impl Unfinished {
    /// Finds it, when the key in `path` does not open the database.
    pub(super) fn find(path: &Path, stored: &StoredKeys) -> Option<(Keyring, Self)> {
        let next = path_beside(path);
        let keyring = Keyring::open(&MasterKey::read(&next).ok()?, &stored.root_key).ok()?;
        Some((keyring, Self { next, path: path.to_owned(), stored: stored.clone() }))
    }

    /// Ends it. Should the file not move, the next start finds it again.
    pub(super) fn finish(&self) {
        match lock(&self.path).and_then(|_moving| self.take_place()) {
            Ok(()) => {
                tracing::info!(key = %self.path.display(), "finished a key rotation that was cut short");
            }
            Err(error) => {
                tracing::warn!(%error, key = %self.next.display(), "the key in use cannot take its place");
            }
        }
    }

    /// Another one may have ended it meanwhile, and begun the next.
    fn take_place(&self) -> io::Result<()> {
        if opens(&self.next, &self.stored) { take_place(&self.next, &self.path) } else { Ok(()) }
    }
}

/// The right to move the files beside a key, until it is dropped. Without it one rotation would put its key over that of
/// another, which has no second name yet.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    let folder = File::open(folder::containing(path))?;
    folder.lock()?;
    Ok(folder)
}

/// Whether the key in this file opens the database.
pub(super) fn opens(file: &Path, stored: &StoredKeys) -> bool {
    MasterKey::read(file).is_ok_and(|master| Keyring::open(&master, &stored.root_key).is_ok())
}

/// The names that replaced keys are kept under, without end: `….previous`, `….previous-2`, …
pub(super) fn kept_names(path: &Path) -> impl Iterator<Item = PathBuf> {
    let first = std::iter::once("previous".to_owned());
    let endings = first.chain((2..).map(|number: u32| format!("previous-{number}")));
    endings.map(|ending| beside(path, &ending))
}

/// The replaced keys that are there.
pub(super) fn earlier_keys(path: &Path) -> impl Iterator<Item = PathBuf> {
    kept_names(path).take_while(|name| name.exists())
}

/// Moves the new key over the present one. Somebody who opened the data meanwhile may have done it.
pub(super) fn take_place(next: &Path, path: &Path) -> io::Result<()> {
    match fs::rename(next, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path),
    }
}

/// The path of a file whose name has an ending more.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
