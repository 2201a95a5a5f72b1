//! Opening the file: folder, key, schema, connections; every refusal in a sentence.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::config::DataConfig;
use crate::crypto::keyring::Keyring;
use crate::crypto::master_key::{KdfParams, MasterKey};
use crate::domain::secret::Password;
use crate::domain::time::{Clock, Timestamp};
use crate::events::Event;
use crate::store::change_mark::ChangeMarks;
use crate::store::checkpoints::{Checkpoints, LogMover};
use crate::store::error::{EarlierKey, OpenError, StoreError};
use crate::store::folder::{self, FILE_NAME, FolderState, Serving};
use crate::store::health::Health;
use crate::store::key_files::{Unfinished, earlier_keys, opens};
use crate::store::keys::{self, StoredKeys};
use crate::store::migrate::{self, FileState, SCHEMA_VERSION};
use crate::store::pages;
use crate::store::pool::{self, Readers};
use crate::store::reserve;
use crate::store::room;
use crate::store::space;
use crate::store::tx::{ReadTx, View};
use crate::store::wal_index::WalIndex;
use crate::store::whole;
use crate::store::writer::WriterThread;
use crate::store::{Shared, Store};

/// A page of a new file. Twice SQLite's own size takes seven messages of 1 KiB instead of two times three, so there is
/// less to write; an existing file keeps the size that it has.
const PAGE_BYTES: u32 = 8192;

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
        let file = data.used_key_file().cloned().map(Self::File);
        file.or_else(|| data.passphrase.clone().map(Self::Passphrase))
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
    pub missing: Missing,
    pub older: Older,
    /// This process has the right to serve the folder already, or nobody else knows of it.
    pub is_ours: bool,
}

/// What is done with a file of an earlier version.
#[derive(Clone)]
pub enum Older {
    /// It is brought up to date after a backup, which alone leads back.
    UpdateAfter(BackupFirst),
    /// It is a copy already.
    Update,
    Refuse,
}

/// The backup before an update.
#[derive(Clone)]
pub struct BackupFirst {
    /// Where it comes.
    pub(super) folder: PathBuf,
    /// Makes it of a file of that version. What fails is said in words.
    pub(super) make: Arc<dyn Fn(i32) -> Result<(), String> + Send + Sync>,
}

/// What is done in a folder that never had a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Folder, key and database are made.
    Make,
    Refuse,
}

/// An open store and what is worth telling about it.
pub struct Opened {
    pub store: Store,
    /// Committed events, one list for each commit, in commit order.
    pub events: mpsc::UnboundedReceiver<Vec<Event>>,
    /// The key file that was made just now: the operator must hear that it has to be backed up.
    pub new_key_file: Option<PathBuf>,
}

/// Opens the database in the folder, or makes folder, key and database when there is none. One of an earlier version is
/// brought up to date.
pub fn open(options: &Options, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    open_within(options, clock, whole::LOOKED_THROUGH)
}

pub(super) fn open_within(
    options: &Options,
    clock: Arc<dyn Clock>,
    looked_through: Duration,
) -> Result<Opened, OpenError> {
    let Prepared { mut connection, keyring, new_key_file, path } = prepare(options, looked_through)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    let synchronous = if options.synchronous_full { "full" } else { "normal" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    let keyring = Arc::new(keyring);
    let readers = Readers::new(path.clone(), options.readers)?;
    // The first read makes the wal-index, whose header tells changes.
    connection.query_row("select count(*) from access_epoch", [], |_row| Ok(()))?;
    let wal_index = WalIndex::open(&path).map_err(|source| folder::failure(&options.folder, source))?;
    let wal_index = Arc::new(wal_index);
    let marks = Arc::new(ChangeMarks::of(Arc::clone(&wal_index)));
    let mover = Arc::new(LogMover::of(wal_index));
    let (sink, events) = mpsc::unbounded_channel();
    let health = Health::of(&options.folder).map_err(|source| folder::failure(&options.folder, source))?;
    let health = Arc::new(health);
    let (told, keys, kept) = (Arc::clone(&health), Arc::clone(&keyring), Arc::clone(&marks));
    let checkpoints =
        Checkpoints::start(&mut connection, path, Arc::clone(&mover)).map_err(OpenError::Thread)?;
    let writer = WriterThread::start(connection, checkpoints, told, keys, Arc::clone(&clock), sink, kept);
    let writer = writer.map_err(OpenError::Thread)?;
    let store = Store {
        shared: Arc::new(Shared {
            keyring,
            clock,
            readers,
            health,
            probes: Arc::new(Semaphore::new(1)),
            writer,
            leftovers: Notify::default(),
            due: Notify::default(),
            mover,
            marks,
        }),
    };
    Ok(Opened { store, events, new_key_file })
}

/// Runs a read on the file as it is. Nothing is made, changed or brought up to date, not even by SQLite itself.
pub fn look_into<T>(
    options: &Options,
    clock: &dyn Clock,
    work: impl FnOnce(&ReadTx<'_>) -> Result<T, StoreError>,
) -> Result<T, OpenError> {
    let folder = &options.folder;
    if folder::look(folder)? == FolderState::New {
        return Err(folder::no_database(folder));
    }
    let connection = pool::connect_untouching(&folder.join(FILE_NAME))?;
    match migrate::inspect(&connection)? {
        FileState::Current => {}
        FileState::Older(found) => return Err(OpenError::Older { found }),
        FileState::Empty => return Err(empty(folder)),
    }
    let keyring = unlock(&connection, &options.key)?.keyring;
    let tx = ReadTx::new(&connection, &keyring, clock.now(), None);
    // Of one moment, as a server may be at work.
    let _view = View::begin(&tx)?;
    Ok(work(&tx)?)
}

/// A file whose schema is the present one and whose root key is open.
pub(super) struct Prepared {
    pub(super) connection: Connection,
    pub(super) keyring: Keyring,
    new_key_file: Option<PathBuf>,
    path: PathBuf,
}

impl Prepared {
    /// To look into it.
    pub(super) fn read(&self) -> ReadTx<'_> {
        ReadTx::new(&self.connection, &self.keyring, Timestamp::from_millis(0), None)
    }
}

pub(super) fn prepare(options: &Options, looked_through: Duration) -> Result<Prepared, OpenError> {
    let folder = &options.folder;
    let path = folder.join(FILE_NAME);
    if folder::look(folder)? == FolderState::New {
        if options.missing == Missing::Refuse {
            return Err(folder::no_database(folder));
        }
        folder::begin(folder)?;
    }
    folder::require_writable(folder)?;
    let logged = folder::has_log(&path);
    if !folder::is_open(&path) {
        reserve::make_way(folder);
    }
    let mut connection = pool::connect(&path)?;
    if logged {
        whole::check(&mut connection, looked_through)?;
    }
    if let FileState::Current = migrate::inspect(&connection)? {
        let unlocked = unlock(&connection, &options.key)?;
        folder::mark(folder)?;
        return Ok(Prepared { connection, keyring: unlocked.finished(), new_key_file: None, path });
    }
    let mut _alone = None;
    if let FileState::Older(found) = migrate::inspect(&connection)? {
        if !options.is_ours {
            // The server of an earlier version would go on answering from a file that it does not know any more.
            _alone = Some(Serving::claim(folder)?);
        }
        if matches!(options.older, Older::Refuse) {
            return Err(OpenError::Older { found });
        }
        unlock(&connection, &options.key)?;
        if let Older::UpdateAfter(backup) = &options.older {
            room::require(folder, room::for_update(pages::whole(&connection)?, folder, &backup.folder))?;
            (backup.make)(found).map_err(OpenError::NotBackedUp)?;
        }
        room::require(folder, room::for_steps(pages::whole(&connection)?))?;
    }
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    space::prepare(&connection)?;
    // Somebody else may be laying it out or bringing it up to date at this moment: look again once nobody else can.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = migrate::inspect(&transaction)?;
    let (keyring, new_key_file) = match found {
        FileState::Current => (unlock(&transaction, &options.key)?.finished(), None),
        FileState::Older(version) => {
            let keyring = unlock(&transaction, &options.key)?.finished();
            migrate::upgrade(&transaction, &keyring, version)?;
            (keyring, None)
        }
        FileState::Empty if options.missing == Missing::Refuse || !folder::is_being_made(folder) => {
            return Err(empty(folder));
        }
        FileState::Empty => {
            let (stored, keyring, new_key_file) = new_keys(&options.key)?;
            migrate::create(&transaction)?;
            keys::insert(&transaction, &stored)?;
            (keyring, new_key_file)
        }
    };
    transaction.commit()?;
    folder::mark(folder)?;
    if let FileState::Older(from) = found {
        tracing::info!(from, to = SCHEMA_VERSION, "the database was brought up to date");
    }
    Ok(Prepared { connection, keyring, new_key_file, path })
}

/// The refusal of a database without tables: lost, or not made yet.
fn empty(folder: &Path) -> OpenError {
    if folder::is_being_made(folder) { folder::no_database(folder) } else { folder::lost(folder) }
}

/// The keys of a file, opened.
pub(super) struct Unlocked {
    pub(super) keyring: Keyring,
    unfinished: Option<Unfinished>,
}

impl Unlocked {
    /// The keys, once the file of the master key is in its place.
    fn finished(self) -> Keyring {
        if let Some(rotation) = self.unfinished {
            rotation.finish();
        }
        self.keyring
    }
}

/// How often the keys are looked at before the master key is called another one.
const LOOKS: u32 = 5;

/// Opens the keys of a file.
pub(super) fn unlock(connection: &Connection, source: &KeySource) -> Result<Unlocked, OpenError> {
    // A rotation moves the key's file a moment after it sealed the data's: who comes between finds both another time.
    for _look in 1..LOOKS {
        match unlock_as_found(connection, source) {
            Err(OpenError::WrongKey { .. }) => {}
            outcome => return outcome,
        }
    }
    unlock_as_found(connection, source)
}

fn unlock_as_found(connection: &Connection, source: &KeySource) -> Result<Unlocked, OpenError> {
    let stored = keys::load(connection)?;
    let open = |master: &MasterKey| {
        Keyring::open(master, &stored.root_key).map_err(|_| OpenError::WrongKey { earlier: None })
    };
    let keyring = match (source, &stored.kdf) {
        (KeySource::File(path), None) => {
            let opened = MasterKey::read(path).map_err(OpenError::from).and_then(|master| open(&master));
            match (opened, Unfinished::find(path, &stored)) {
                (Ok(keyring), _) => keyring,
                (Err(_), Some((keyring, rotation))) => {
                    return Ok(Unlocked { keyring, unfinished: Some(rotation) });
                }
                (Err(OpenError::WrongKey { .. }), None) => {
                    let earlier = earlier_keys(path).find(|file| opens(file, &stored));
                    let earlier = earlier.map(|file| EarlierKey { file, present: path.clone() });
                    return Err(OpenError::WrongKey { earlier });
                }
                (Err(error), None) => return Err(error),
            }
        }
        (KeySource::Passphrase(passphrase), Some(kdf)) => opened_with(passphrase, kdf, open)?,
        (KeySource::File(_), Some(_)) => return Err(OpenError::WantsPassphrase),
        (KeySource::Passphrase(_), None) => return Err(OpenError::WantsKeyFile),
    };
    Ok(Unlocked { keyring, unfinished: None })
}

/// Tries the forms that a passphrase may have been in when the database was made.
fn opened_with(
    passphrase: &Password,
    kdf: &KdfParams,
    open: impl Fn(&MasterKey) -> Result<Keyring, OpenError>,
) -> Result<Keyring, OpenError> {
    for form in passphrase.forms() {
        if let Ok(keyring) = open(&MasterKey::from_passphrase(&form, kdf)?) {
            return Ok(keyring);
        }
    }
    Err(OpenError::WrongPassphrase)
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
            let (master, kdf) = MasterKey::from_new_passphrase(passphrase)?;
            (master, Some(kdf), None)
        }
    };
    Ok((StoredKeys { root_key: keyring.sealed_root(&master), kdf }, keyring, new_key_file))
}

/// How a file stands to this program.
#[derive(Debug)]
pub struct FileVersion {
    /// The version that it has; `None` where there is no file.
    pub found: Option<i32>,
    /// The room that bringing it up to date takes at most on its disk, in bytes.
    pub needed: u64,
    /// How long it is, with what is in the log still, in bytes.
    pub length: u64,
}

/// Looks at the version of the file in a folder, without a key and without changing anything. An update makes a backup in
/// `backups` first.
pub fn standing(folder: &Path, backups: &Path) -> Result<FileVersion, OpenError> {
    if folder::look(folder)? == FolderState::New {
        return Ok(FileVersion { found: None, needed: 0, length: 0 });
    }
    let connection = pool::connect_untouching(&folder.join(FILE_NAME))?;
    let found = match migrate::inspect(&connection)? {
        FileState::Current => Some(SCHEMA_VERSION),
        FileState::Older(found) => Some(found),
        FileState::Empty => None,
    };
    let length = pages::whole(&connection)?;
    Ok(FileVersion { found, needed: room::for_update(length, folder, backups), length })
}

/// Refuses what the file or the key would be refused for. Where nothing is yet, it would be made.
pub fn try_out(folder: &Path, key: &KeySource) -> Result<(), OpenError> {
    let found = folder::look(folder)?;
    folder::require_writable(folder)?;
    if found == FolderState::New {
        return Ok(());
    }
    let connection = pool::connect_untouching(&folder.join(FILE_NAME))?;
    if let FileState::Empty = migrate::inspect(&connection)? {
        return Err(empty(folder));
    }
    unlock(&connection, key).map(drop)
}
