//! What can go wrong in the store, as facts that a caller can act on.

use rusqlite::ErrorCode;

use crate::crypto::seal::NotAuthentic;

/// A read or a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("too many changes are waiting")]
    Busy,
    #[error("the disk is full")]
    DiskFull,
    #[error("the database is locked by another program")]
    Locked,
    /// SQLite gives up a whole transaction when the disk is full or fails.
    #[error("the database gave up a transaction; the disk may be full or failing")]
    GivenUp,
    /// A bug: a change that should have refused first did so in the middle.
    #[error("a change stopped half done; it and its neighbours were undone")]
    HalfDone,
    #[error("the database or its log was moved, replaced or deleted while it was open")]
    Replaced,
    #[error("the disk or its file system fails: {0}")]
    Failing(String),
    #[error("the writer is held up; another program may hold the lock of the database")]
    Stalled,
    #[error("the database is closed")]
    Closed,
    #[error("a database operation panicked")]
    Panicked,
    #[error(transparent)]
    NotAuthentic(#[from] NotAuthentic),
    #[error("a stored value has an unexpected form: {0}")]
    Malformed(&'static str),
    /// Pages that are no longer what SQLite wrote. Sealed values that do not open are [`Self::NotAuthentic`].
    #[error("the database file is damaged: {0}")]
    Damaged(rusqlite::Error),
    #[error("no connection to the database: {0}")]
    Pool(String),
    #[error("the commit that held this change failed: {cause}")]
    CommitFailed { cause: String, is_passing: bool },
    #[error("database: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// The same fact for each change of a commit that failed.
    pub(super) fn for_each_change(&self) -> Self {
        Self::CommitFailed { cause: self.to_string(), is_passing: self.is_passing() }
    }

    /// Whether the same request may succeed a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy
            | Self::DiskFull
            | Self::GivenUp
            | Self::Failing(_)
            | Self::Locked
            | Self::Stalled
            | Self::Replaced
            | Self::Closed => true,
            Self::CommitFailed { is_passing, .. } => *is_passing,
            _ => false,
        }
    }

    /// Whether a sealed value did not open, or is not what it was stored as.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::NotAuthentic(_) | Self::Malformed(_))
    }

    /// Whether the log has it already, once for all changes that it befell.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Stalled | Self::CommitFailed { .. })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::SystemIoFailure) => Self::Failing(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// What an insert into a table with a unique value did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted<T> {
    New(T),
    /// The unique value is in use already.
    Taken,
}

/// Tells a violated uniqueness from other failures, by the extended result code and not by text.
pub(super) fn inserted<T>(outcome: rusqlite::Result<T>) -> Result<Inserted<T>, StoreError> {
    match outcome {
        Ok(value) => Ok(Inserted::New(value)),
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            Ok(Inserted::Taken)
        }
        Err(error) => Err(error.into()),
    }
}

/// For lists: a value that does not open is told in the log, and does not take its neighbours down.
pub fn readable<T>(outcome: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_damage() => {
            tracing::error!(%error, "a damaged value is missing in an answer; `peerbox check` names it");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
