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
use crate::store::key_files::{kept_names, path_beside, take_place};
use crate::store::keys::{self, StoredKeys};
use crate::store::open::{self, KeySource, Missing, Older, Options};
use crate::store::whole;

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
    let next = path_beside(path);
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
        older: Older::Refuse,
        is_ours: false,
    };
    let mut prepared = open::prepare(&options, whole::LOOKED_THROUGH)?;
    let (master, kdf) = next()?;
    let stored = StoredKeys { root_key: prepared.keyring.sealed_root(&master), kdf };
    let transaction = prepared.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
