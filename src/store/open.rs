//! Opening the file: folder, key, schema, connections; every refusal in a sentence.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::sync::mpsc;

use crate::config::DataConfig;
use crate::crypto::keyring::Keyring;
use crate::crypto::master_key::{KdfParams, MasterKey, MasterKeyError};
use crate::domain::secret::Password;
use crate::domain::time::Clock;
use crate::events::Event;
use crate::store::change_mark::ChangeMarks;
use crate::store::error::StoreError;
use crate::store::keys::{self, StoredKeys};
use crate::store::migrate::{self, Found, SCHEMA_VERSION};
use crate::store::pool::{self, Readers};
use crate::store::writer::Writer;
use crate::store::{Shared, Store};

/// A page of a new file. Twice SQLite's own size takes seven messages of 1 KiB instead of two times three, so there is
/// less to write; an existing file keeps the size that it has.
const PAGE_BYTES: u32 = 8192;

/// The database's name in the data folder.
pub const FILE_NAME: &str = "peerbox.db";

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A key file. Made, with a new key, only together with a new database.
    File(PathBuf),
    Passphrase(Password),
}

impl KeySource {
    /// The source that the configuration names, else the place where keys are made; `None` when there is no such
    /// place, because nobody knows a home folder.
    pub fn of(data: &DataConfig) -> Option<Self> {
        let named = data.key_file.clone().map(Self::File);
        named
            .or_else(|| data.passphrase.clone().map(Self::Passphrase))
            .or_else(|| data.generated_key_file.clone().map(Self::File))
    }
}

/// What to open and how.
pub struct Options {
    pub folder: PathBuf,
    pub key: KeySource,
    /// `false` lets the last moments be lost at a power cut, never consistency.
    pub synchronous_full: bool,
    /// Connections that reads on blocking threads share.
    pub readers: u32,
}

/// An open store and what is worth telling about it.
pub struct Opened {
    pub store: Store,
    /// Committed events, one list for each commit, in commit order.
    pub events: mpsc::UnboundedReceiver<Vec<Event>>,
    /// The key file that was made just now: the operator must hear that it has to be backed up.
    pub new_key_file: Option<PathBuf>,
}

/// Why the file was not opened. Folder, file or key may have been made, and an older file brought up to date before.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {path} cannot be used: {source}")]
    Folder { path: String, source: io::Error },
    #[error("{FILE_NAME} is not a peerbox database; move it away or choose another data folder")]
    ForeignFile,
    #[error(
        "{FILE_NAME} has schema version {found}, this program knows {known}; use the peerbox that wrote it or a newer one"
    )]
    OtherVersion { found: i32, known: i32 },
    #[error("the master key does not open this database; it was made with another key, nothing was changed")]
    WrongKey,
    #[error("this database was made with a passphrase; give it with PEERBOX_PASSPHRASE_FILE")]
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

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
            return Self::ForeignFile;
        }
        Self::Store(error.into())
    }
}

/// Opens the database in the folder, or makes folder, key and database when there is none. One of an earlier version is
/// brought up to date.
pub fn open(options: &Options, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    let Prepared { connection, keyring, new_key_file, path } = prepare(options)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    let synchronous = if options.synchronous_full { "full" } else { "normal" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    let keyring = Arc::new(keyring);
    let readers = Readers::new(path.clone(), options.readers)?;
    // The first read makes the wal-index, whose header tells changes.
    connection.query_row("select count(*) from access_epoch", [], |_row| Ok(()))?;
    let marks = ChangeMarks::open(&path).map_err(|source| folder_error(&options.folder, source))?;
    let (sink, events) = mpsc::unbounded_channel();
    let writer = Writer::start(connection, path, Arc::clone(&keyring), Arc::clone(&clock), sink)
        .map_err(OpenError::Thread)?;
    let store = Store { shared: Arc::new(Shared { keyring, clock, readers, marks, writer }) };
    Ok(Opened { store, events, new_key_file })
}

/// Seals the root key under another master key. The data itself is not touched.
pub fn rotate_master_key(folder: &Path, current: KeySource, next: &KeySource) -> Result<(), OpenError> {
    let options = Options { folder: folder.to_owned(), key: current, synchronous_full: true, readers: 1 };
    let mut prepared = prepare(&options)?;
    let (master, kdf) = match next {
        KeySource::File(path) => (MasterKey::read(path)?, None),
        KeySource::Passphrase(passphrase) => {
            let kdf = KdfParams::generate();
            (MasterKey::from_passphrase(passphrase, &kdf)?, Some(kdf))
        }
    };
    let stored = StoredKeys { root_key: prepared.keyring.sealed_root(&master), kdf };
    let transaction = prepared.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    keys::replace(&transaction, &stored)?;
    Ok(transaction.commit()?)
}

struct Prepared {
    connection: Connection,
    keyring: Keyring,
    new_key_file: Option<PathBuf>,
    path: PathBuf,
}

fn prepare(options: &Options) -> Result<Prepared, OpenError> {
    let path = options.folder.join(FILE_NAME);
    let folder = |source| folder_error(&options.folder, source);
    DirBuilder::new().recursive(true).mode(0o700).create(&options.folder).map_err(folder)?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(folder)?;
    let mut connection = pool::connect(&path)?;
    if let Found::Current = migrate::inspect(&connection)? {
        let keyring = unlock(&connection, &options.key)?;
        return Ok(Prepared { connection, keyring, new_key_file: None, path });
    }
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    // Somebody else may be laying it out or bringing it up to date at this moment: look again once nobody else can.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = migrate::inspect(&transaction)?;
    let (keyring, new_key_file) = match found {
        Found::Current => (unlock(&transaction, &options.key)?, None),
        Found::Older(version) => {
            let keyring = unlock(&transaction, &options.key)?;
            migrate::upgrade(&transaction, &keyring, version)?;
            (keyring, None)
        }
        Found::Empty => {
            let (stored, keyring, new_key_file) = new_keys(&options.key)?;
            migrate::create(&transaction)?;
            keys::insert(&transaction, &stored)?;
            (keyring, new_key_file)
        }
    };
    transaction.commit()?;
    if let Found::Older(from) = found {
        tracing::info!(from, to = SCHEMA_VERSION, "the database was brought up to date");
    }
    Ok(Prepared { connection, keyring, new_key_file, path })
}

fn folder_error(folder: &Path, source: io::Error) -> OpenError {
    OpenError::Folder { path: folder.display().to_string(), source }
}

fn unlock(connection: &Connection, source: &KeySource) -> Result<Keyring, OpenError> {
    let stored = keys::load(connection)?;
    let master = match (source, &stored.kdf) {
        (KeySource::File(path), None) => MasterKey::read(path)?,
        (KeySource::Passphrase(passphrase), Some(kdf)) => MasterKey::from_passphrase(passphrase, kdf)?,
        (KeySource::File(_), Some(_)) => return Err(OpenError::WantsPassphrase),
        (KeySource::Passphrase(_), None) => return Err(OpenError::WantsKeyFile),
    };
    Keyring::open(&master, &stored.root_key).map_err(|_| OpenError::WrongKey)
}

fn new_keys(source: &KeySource) -> Result<(StoredKeys, Keyring, Option<PathBuf>), OpenError> {
    let keyring = Keyring::create();
    let (master, kdf, new_key_file) = match source {
        KeySource::File(path) if path.exists() => (MasterKey::read(path)?, None, None),
        KeySource::File(path) => {
            let master = MasterKey::random();
            master.write_new(path)?;
            (master, None, Some(path.clone()))
        }
        KeySource::Passphrase(passphrase) => {
            let kdf = KdfParams::generate();
            (MasterKey::from_passphrase(passphrase, &kdf)?, Some(kdf), None)
        }
    };
    Ok((StoredKeys { root_key: keyring.sealed_root(&master), kdf }, keyring, new_key_file))
}
