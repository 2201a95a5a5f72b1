//! What can go wrong in the store, as facts that a caller can act on.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::crypto::master_key::MasterKeyError;
use crate::crypto::seal::NotAuthentic;
use crate::domain::size::size;

/// A read or a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("too many changes are waiting")]
    Busy,
    #[error("the disk is full")]
    DiskFull,
    #[error(
        "there is no room for temporary files in {folder}: {} is needed, {} is free; TMPDIR names another folder",
        size(*needed),
        size(*available)
    )]
    NoTemporaryRoom { folder: String, needed: u64, available: u64 },
    #[error("there is no folder for temporary files that can be written; name one with TMPDIR")]
    NoTemporaryFolder,
    #[error("the database is locked by another program")]
    Locked,
    /// SQLite gives up a whole transaction when the disk is full or fails.
    #[error("the database gave up a transaction; the disk may be full or failing")]
    GivenUp,
    #[error("the database is damaged, so nothing is stored any more")]
    Unsound,
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
    #[error(
        "the database file is damaged: {0}; `peerbox restore` puts a backup in its place, with --damaged what can be read of it"
    )]
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
            | Self::Unsound
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
        matches!(
            self,
            Self::DiskFull | Self::Damaged(_) | Self::Unsound | Self::Stalled | Self::CommitFailed { .. }
        )
    }
}

/// A refusal that may come from the store itself.
pub trait Fails: From<StoreError> {
    /// What the store says, if it does.
    fn store_error(&self) -> Option<&StoreError>;
}

impl Fails for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::FromSqlConversionFailure(..) = error {
            return Self::Malformed("another length or type than it was stored with");
        }
        if let rusqlite::Error::SqliteFailure(failure, _) = &error
            && failure.extended_code == rusqlite::ffi::SQLITE_IOERR_GETTEMPPATH
        {
            return Self::NoTemporaryFolder;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::SystemIoFailure) => Self::Failing(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            _ => Self::Sqlite(error),
        }
    }
}

/// Why the file was not opened. Folder, file or key may have been made, and an older file brought up to date before.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {path} cannot be used: {source}")]
    Folder { path: String, source: io::Error },
    #[error(
        "no permission to use the data in {folder}; run this as the user who owns it, and who has to own every file in it \
         (`peerbox doctor` names others)"
    )]
    NotPermitted { folder: String },
    #[error(
        "the data folder {folder} is in use by {process} already, a server or a command; wait for it, or stop it first"
    )]
    Served { folder: String, process: String },
    #[error("there is no database in {0}; `peerbox serve` or `peerbox account create` makes one")]
    NoDatabase(String),
    #[error(
        "the database peerbox.db in {folder} is gone or empty; `peerbox restore FILE` puts a backup in its place, or \
         begin anew in another folder"
    )]
    Lost { folder: String },
    #[error("putting a backup in place in {folder} was broken off; run the same `peerbox restore` again")]
    HalfRestored { folder: String },
    #[error(
        "the database peerbox.db and its log do not fit together, or are damaged; `peerbox restore FILE` puts a backup in \
         their place"
    )]
    Torn,
    #[error(
        "peerbox.db has schema version {found} and was not brought up to date yet; `peerbox migrate` does that"
    )]
    Older { found: i32 },
    #[error("{0}; nothing was brought up to date")]
    NotBackedUp(String),
    #[error(
        "there is no room in {folder}: {} is needed, {} is free; nothing was changed",
        size(*needed),
        size(*available)
    )]
    NoRoom { folder: String, needed: u64, available: u64 },
    #[error("peerbox.db is not a peerbox database; move it away or choose another data folder")]
    ForeignFile,
    #[error(
        "peerbox.db has schema version {found}, this program knows {known}; use the peerbox that wrote it or a newer one"
    )]
    OtherVersion { found: i32, known: i32 },
    #[error("the master key does not open this database, which has another key{}", leading_back(earlier.as_ref()))]
    WrongKey { earlier: Option<EarlierKey> },
    #[error("the passphrase does not open this database")]
    WrongPassphrase,
    #[error(
        "this database opens with a passphrase; give it with PEERBOX_PASSPHRASE_FILE, and name no key file with data.key_file \
         or --key-file, which goes before it; `peerbox key rotate --to FILE` then puts a key file in its place"
    )]
    WantsPassphrase,
    #[error("this database was made with a key file, not with a passphrase; give it with --key-file")]
    WantsKeyFile,
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the writer thread did not start: {0}")]
    Thread(io::Error),
}

/// A key that an earlier rotation replaced, and that opens what the present one does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierKey {
    pub file: PathBuf,
    /// The file that was tried.
    pub present: PathBuf,
}

fn leading_back(earlier: Option<&EarlierKey>) -> String {
    let Some(EarlierKey { file, present }) = earlier else { return String::new() };
    let (file, present) = (file.display(), present.display());
    format!(
        "; the earlier key {file} opens it: pass --key-file {file}, or lead back to the present key with \
         `peerbox key rotate --key-file {file} --to {present}`"
    )
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
            return Self::ForeignFile;
        }
        Self::Store(error.into())
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
pub(super) fn inserted<T>(outcome: Result<T, StoreError>) -> Result<Inserted<T>, StoreError> {
    match outcome {
        Ok(value) => Ok(Inserted::New(value)),
        Err(StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _)))
            if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            Ok(Inserted::Taken)
        }
        Err(error) => Err(error),
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
