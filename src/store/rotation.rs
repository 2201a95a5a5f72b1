//! Putting another master key in place of the present one.
//!
//! A rotation may be killed at any moment. The file of the new key is on disk before the root key is sealed under it, and
//! lies beside the present one, under a name of its own, until it takes that one's place: whoever opens the data tries
//! both.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::TransactionBehavior;

use crate::crypto::keyring::Keyring;
use crate::crypto::master_key::{KdfParams, MasterKey, MasterKeyError, sync_folder};
use crate::store::keys::{self, StoredKeys};
use crate::store::open::{self, KeySource, Missing, OpenError, Options};

/// Seals the root key under another master key. The data itself is not touched.
pub fn rotate_master_key(folder: &Path, current: KeySource, next: &KeySource) -> Result<(), OpenError> {
    reseal(folder, current, || match next {
        KeySource::File(path) => Ok((MasterKey::read(path)?, None)),
        KeySource::Passphrase(passphrase) => {
            let (master, kdf) = MasterKey::from_new_passphrase(passphrase)?;
            Ok((master, Some(kdf)))
        }
    })
}

/// Puts a new key where the present file is, and answers where the present one is kept: it may open other databases,
/// and old copies of this one.
pub fn rotate_in_place(folder: &Path, path: &Path) -> Result<PathBuf, OpenError> {
    let next = beside(path, "next");
    let mut previous = PathBuf::new();
    reseal(folder, KeySource::File(path.to_owned()), || {
        // One that is there was left by a rotation that was killed. This database does not use it; another may.
        if !next.exists() {
            MasterKey::random().write_new(&next)?;
        }
        previous = keep(path).map_err(|source| unwritable(path, source))?;
        Ok((MasterKey::read(&next)?, None))
    })?;
    take_place(&next, path).map_err(|source| unwritable(path, source))?;
    Ok(previous)
}

/// A rotation that was killed after the data had its new key and before the key's file was in its place.
pub(super) struct Unfinished {
    next: PathBuf,
    path: PathBuf,
}

impl Unfinished {
    /// Finds it, when the key in `path` does not open the database.
    pub(super) fn find(path: &Path, stored: &StoredKeys) -> Option<(Keyring, Self)> {
        let next = beside(path, "next");
        let keyring = Keyring::open(&MasterKey::read(&next).ok()?, &stored.root_key).ok()?;
        Some((keyring, Self { next, path: path.to_owned() }))
    }

    /// Ends it. Should the file not move, the next start finds it again.
    pub(super) fn finish(&self) {
        match take_place(&self.next, &self.path) {
            Ok(()) => {
                tracing::info!(key = %self.path.display(), "finished a key rotation that was cut short");
            }
            Err(error) => {
                tracing::warn!(%error, key = %self.next.display(), "the key in use cannot take its place");
            }
        }
    }
}

fn reseal(
    folder: &Path,
    current: KeySource,
    next: impl FnOnce() -> Result<(MasterKey, Option<KdfParams>), OpenError>,
) -> Result<(), OpenError> {
    let options = Options {
        folder: folder.to_owned(),
        key: current,
        synchronous_full: true,
        readers: 1,
        missing: Missing::Refuse,
    };
    let mut prepared = open::prepare(&options)?;
    let (master, kdf) = next()?;
    let stored = StoredKeys { root_key: prepared.keyring.sealed_root(&master), kdf };
    let transaction = prepared.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    keys::replace(&transaction, &stored)?;
    Ok(transaction.commit()?)
}

/// Moves the new key over the present one. Somebody who opened the data meanwhile may have done it.
fn take_place(next: &Path, path: &Path) -> io::Result<()> {
    match fs::rename(next, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path),
    }
}

/// Gives the file a second name: the first of `….previous`, `….previous-2`, … that is free or that it has already.
fn keep(path: &Path) -> io::Result<PathBuf> {
    let first = std::iter::once("previous".to_owned());
    let mut endings = first.chain((2..).map(|number: u32| format!("previous-{number}")));
    let content = fs::read(path)?;
    loop {
        let name = beside(path, &endings.next().unwrap_or_default());
        match fs::hard_link(path, &name) {
            Ok(()) => return sync_folder(path).map(|()| name),
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) if fs::read(&name).is_ok_and(|kept| kept == content) => return Ok(name),
            Err(_) => {}
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn unwritable(path: &Path, source: io::Error) -> OpenError {
    MasterKeyError::Unwritable { path: path.display().to_string(), source }.into()
}
