//! Why a backup was not made, read or put back.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::plural::counted;
use crate::store::error::{OpenError, StoreError};

/// A backup was not made, read or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{path} is there already; nothing is ever overwritten")]
    Exists { path: PathBuf },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} is damaged: {}, the first is: {first}", counted(*faults as u64, "fault"))]
    Damaged { path: PathBuf, faults: usize, first: String },
    #[error("the backup was broken off, because the server stops")]
    BrokenOff,
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl BackupError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
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
