//! The file of contacts: whole at every moment, readable by one person alone, with the key of what is sealed in it beside it.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::crypto::master_key::{MasterKey, MasterKeyError, sync_folder};

/// The form of the file.
const VERSION: u32 = 1;

const FILE: &str = "contacts.toml";
const KEY_FILE: &str = "client.key";
const LOCK_FILE: &str = "contacts.lock";

/// Why contacts cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ContactsError {
    #[error("there is no contact {0:?}; `peerbox contact add` makes one, `peerbox contact list` shows all")]
    Unknown(String),
    #[error("there is a contact {0:?} already; change it with --replace, or choose another name")]
    Exists(String),
    #[error(
        "{0} is an account, and no channel: `peerbox remote --account {0} channel list` shows its channels"
    )]
    IsAccount(String),
    #[error("{0} is a channel, and no account: `peerbox contact add NAME SERVER --user USER` remembers one")]
    IsChannel(String),
    #[error("{path} cannot be used: {source}")]
    File { path: String, source: io::Error },
    #[error("{path} cannot be read: {why}")]
    Damaged { path: String, why: String },
    #[error("{path} was written by a newer version of this program")]
    Newer { path: String },
    #[error(
        "the secrets of {name} do not open: {key} is not the key they were sealed with, or somebody changed {path}; put the \
         right file back, or `peerbox contact remove {name}` and add it again"
    )]
    NotOpened { name: String, key: String, path: String },
    #[error("{0}; put it back, or remove the contacts that it opened and add them again")]
    Key(String),
}

impl From<MasterKeyError> for ContactsError {
    fn from(error: MasterKeyError) -> Self {
        Self::Key(error.to_string())
    }
}

/// All that the file has.
#[derive(Serialize, Deserialize)]
pub struct Book {
    version: u32,
    #[serde(default)]
    pub contacts: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, Entry>,
}

/// The address is for people who look; all that counts is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    pub address: String,
    pub sealed: String,
}

impl Book {
    /// The channel of that name.
    pub fn contact(&self, name: &str) -> Result<&Entry, ContactsError> {
        self.contacts.get(name).ok_or_else(|| {
            let is_account = self.accounts.contains_key(name);
            let why = if is_account { ContactsError::IsAccount } else { ContactsError::Unknown };
            why(name.to_owned())
        })
    }

    /// The account of that name.
    pub fn account(&self, name: &str) -> Result<&Entry, ContactsError> {
        self.accounts.get(name).ok_or_else(|| {
            let is_channel = self.contacts.contains_key(name);
            let why = if is_channel { ContactsError::IsChannel } else { ContactsError::Unknown };
            why(name.to_owned())
        })
    }

    fn is_empty(&self) -> bool {
        self.contacts.is_empty() && self.accounts.is_empty()
    }
}

/// Where the file is.
pub struct Folder(PathBuf);

impl Folder {
    /// It need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// All that it has; nothing where there is no file yet.
    pub fn read(&self) -> Result<Book, ContactsError> {
        let text = match fs::read_to_string(self.path(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Book { version: VERSION, contacts: BTreeMap::new(), accounts: BTreeMap::new() });
            }
            Err(error) => return Err(self.unusable(FILE, error)),
        };
        let book: Book = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|place| text.get(..place.start)).unwrap_or_default();
            self.damaged(&format!("line {}: {}", before.matches('\n').count() + 1, error.message()))
        })?;
        if book.version > VERSION {
            return Err(ContactsError::Newer { path: self.shown(FILE) });
        }
        Ok(book)
    }

    /// Puts a book in the place of the one before.
    pub fn write(&self, book: &Book) -> Result<(), ContactsError> {
        let (path, unusable) = (self.path(FILE), |source| self.unusable(FILE, source));
        let text = toml::to_string(book).map_err(|error| self.damaged(&error.to_string()))?;
        let new = tempfile::Builder::new().prefix(".contacts-").tempfile_in(&self.0);
        let mut new = new.map_err(unusable)?;
        new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(unusable)?;
        new.persist(&path).map_err(|error| unusable(error.error))?;
        sync_folder(&path).map_err(unusable)
    }

    /// While it lives, nobody else changes anything. The folder is made at need.
    pub fn lock(&self) -> Result<File, ContactsError> {
        let unusable = |source| self.unusable(LOCK_FILE, source);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path(LOCK_FILE))
            .map_err(unusable)?;
        lock.lock().map_err(unusable)?;
        Ok(lock)
    }

    /// The key of what is sealed.
    pub fn key(&self) -> Result<MasterKey, ContactsError> {
        Ok(MasterKey::read(&self.path(KEY_FILE))?)
    }

    /// The key, which is made for the first contact.
    pub fn key_for(&self, book: &Book) -> Result<MasterKey, ContactsError> {
        let path = self.path(KEY_FILE);
        if !book.is_empty() || path.exists() {
            return self.key();
        }
        let key = MasterKey::random();
        key.write_new(&path)?;
        Ok(key)
    }

    /// What is said of one that does not open.
    pub fn not_opened(&self, name: &str) -> ContactsError {
        let (key, path) = (self.shown(KEY_FILE), self.shown(FILE));
        ContactsError::NotOpened { name: name.to_owned(), key, path }
    }

    /// What is said of a file that cannot be understood.
    pub fn damaged(&self, why: &str) -> ContactsError {
        ContactsError::Damaged { path: self.shown(FILE), why: why.to_owned() }
    }

    fn unusable(&self, file: &str, source: io::Error) -> ContactsError {
        ContactsError::File { path: self.shown(file), source }
    }

    fn shown(&self, file: &str) -> String {
        self.path(file).display().to_string()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }
}
