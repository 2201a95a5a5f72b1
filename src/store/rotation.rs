//! Putting another master key in place of the present one.
//!
//! A rotation may be killed at any moment. The file of the new key is on disk before the root key is sealed under it, and
//! lies beside the present one, under a name of its own, until it takes that one's place: whoever opens the data tries
//! both.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::TransactionBehavior;

use crate::crypto::master_key::{KdfParams, MasterKey, MasterKeyError, sync_folder};
use crate::store::error::OpenError;
use crate::store::key_files::{self, kept_names, opens, path_beside, take_place};
use crate::store::keys::{self, StoredKeys};
use crate::store::open::{self, KeySource, Missing, Older, Options, Prepared};
use crate::store::whole;

/// Seals the root key under another master key. The data itself is not touched.
pub fn rotate_master_key(folder: &Path, current: KeySource, next: &KeySource) -> Result<(), OpenError> {
    let data = prepared(folder, current)?;
    let (master, kdf) = match next {
        KeySource::File(path) => (MasterKey::read(path)?, None),
        KeySource::Passphrase(passphrase) => {
            let (master, kdf) = MasterKey::from_new_passphrase(passphrase)?;
            (master, Some(kdf))
        }
    };
    reseal(data, &master, kdf)
}

/// Puts a new key where the present file is, and answers where the present one is kept: it may open other databases,
/// and old copies of this one. One rotation comes after the other.
pub fn rotate_in_place(folder: &Path, path: &Path) -> Result<PathBuf, OpenError> {
    let failed = |source| unwritable(path, source);
    let data = prepared(folder, KeySource::File(path.to_owned()))?;
    let _moving = key_files::lock(path).map_err(failed)?;
    let next = path_beside(path);
    // Another one may have ended since, or have been killed before its key was in its place.
    let stored = keys::load(&data.connection)?;
    if !opens(path, &stored) {
        if !opens(&next, &stored) {
            return Err(OpenError::WrongKey { earlier: None });
        }
        take_place(&next, path).map_err(failed)?;
    }
    // One that is there was left by a rotation that was killed. This database does not use it; another may.
    if !next.exists() {
        MasterKey::random().write_new(&next)?;
    }
    let previous = keep(path).map_err(failed)?;
    reseal(data, &MasterKey::read(&next)?, None)?;
    take_place(&next, path).map_err(failed)?;
    Ok(previous)
}

fn prepared(folder: &Path, current: KeySource) -> Result<Prepared, OpenError> {
    let options = Options {
        folder: folder.to_owned(),
        key: current,
        synchronous_full: true,
        readers: 1,
        missing: Missing::Refuse,
        older: Older::Refuse,
        is_ours: false,
    };
    open::prepare(&options, whole::LOOKED_THROUGH)
}

fn reseal(mut data: Prepared, master: &MasterKey, kdf: Option<KdfParams>) -> Result<(), OpenError> {
    let stored = StoredKeys { root_key: data.keyring.sealed_root(master), kdf };
    let transaction = data.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    keys::replace(&transaction, &stored)?;
    Ok(transaction.commit()?)
}

/// Gives the file a second name: the first of those for replaced keys that is free or that it has already.
fn keep(path: &Path) -> io::Result<PathBuf> {
    let content = fs::read(path)?;
    let kept = kept_names(path).find_map(|name| match fs::hard_link(path, &name) {
        Ok(()) => Some(sync_folder(path).map(|()| name)),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Some(Err(error)),
        Err(_) if fs::read(&name).is_ok_and(|kept| kept == content) => Some(Ok(name)),
        Err(_) => None,
    });
    kept.unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into()))
}

fn unwritable(path: &Path, source: io::Error) -> OpenError {
    MasterKeyError::Unwritable { path: path.display().to_string(), source }.into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::store::folder::FILE_NAME;
    use crate::store::pool;
    use crate::store::testing::open_in;

    #[test]
    fn rotations_at_once_lose_no_key_and_keep_nobody_out() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(open_in(&folder));
        let (path, is_over) = (folder.path().join("key"), AtomicBool::new(false));
        let is_open = || {
            let connection = pool::connect(&folder.path().join(FILE_NAME)).expect("the database");
            open::unlock(&connection, &KeySource::File(path.clone())).is_ok()
        };
        let outcomes: Vec<_> = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    if !is_open() {
                        return false;
                    }
                }
                true
            });
            let mut outcomes = Vec::new();
            for _round in 0..30 {
                let rotations: [_; 6] =
                    std::array::from_fn(|_| scope.spawn(|| rotate_in_place(folder.path(), &path).is_ok()));
                outcomes.extend(rotations.map(|rotation| rotation.join().expect("no panic")));
                outcomes.push(is_open());
            }
            is_over.store(true, Ordering::Relaxed);
            outcomes.push(reader.join().expect("no panic"));
            outcomes
        });
        assert!(outcomes.iter().all(|is_well| *is_well), "{outcomes:?}");
    }
}
