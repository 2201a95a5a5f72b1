//! Why a backup was not made, read or put back.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::plural::counted;
use crate::domain::size::size;
use crate::store::error::{OpenError, StoreError};

/// A backup was not made, read or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{path} is there already; nothing is ever overwritten")]
    Exists { path: PathBuf },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "{path} is damaged: {}, the first is: {first}; an earlier backup may be sound, and `peerbox restore --damaged` puts \
         in place what can be read of this one",
        counted(*faults, "fault")
    )]
    Damaged { path: PathBuf, faults: u64, first: String },
    #[error(
        "{path} is cut short: it has {} of {}; copy it once more, or `peerbox restore --damaged` puts in place what can be \
         read of it",
        size(*found),
        size(*length)
    )]
    CutShort { path: PathBuf, found: u64, length: u64 },
    #[error(
        "the data is damaged, so no backup was made of it: {first}; `peerbox check` names what is, and `peerbox restore \
         --damaged` keeps what can be read"
    )]
    DamagedData { first: String },
    #[error("{} is not there; make it, or plug its disk in, or name another folder with backup.dir", path.display())]
    NoShelf { path: PathBuf },
    #[error("{path} is not a backup of peerbox")]
    NoBackup { path: PathBuf },
    #[error(
        "{path} has schema version {found}, this program knows {known}; use the peerbox that wrote it or a newer one"
    )]
    OtherVersion { path: PathBuf, found: i32, known: i32 },
    #[error("the master key does not open {path}, which was made with another key{}", other_key(earlier.as_deref()))]
    WrongKey { path: PathBuf, earlier: Option<PathBuf> },
    #[error("{path} opens with a passphrase; give it with --passphrase-file or PEERBOX_PASSPHRASE_FILE")]
    WantsPassphrase { path: PathBuf },
    #[error("{path}: {why}")]
    Inside { path: PathBuf, why: OpenError },
    #[error("the backup was broken off")]
    BrokenOff,
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl BackupError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }

    /// Why a backup was not opened: said of its file, where the store speaks of the data folder's.
    pub(super) fn of(path: &Path) -> impl Fn(OpenError) -> Self {
        let path = path.to_owned();
        move |error| match error {
            OpenError::ForeignFile => Self::NoBackup { path: path.clone() },
            OpenError::OtherVersion { found, known } => {
                Self::OtherVersion { path: path.clone(), found, known }
            }
            OpenError::WrongKey { earlier } => {
                Self::WrongKey { path: path.clone(), earlier: earlier.map(|earlier| earlier.file) }
            }
            OpenError::WantsPassphrase => Self::WantsPassphrase { path: path.clone() },
            why @ (OpenError::WantsKeyFile
            | OpenError::WrongPassphrase
            | OpenError::Torn
            | OpenError::Store(_)) => Self::Inside { path: path.clone(), why },
            other => Self::Open(other),
        }
    }
}

fn other_key(earlier: Option<&Path>) -> String {
    earlier.map(|file| format!("; it opens with --key-file {}", file.display())).unwrap_or_default()
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Open(error.into())
    }
}
