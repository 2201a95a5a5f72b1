//! The contacts of one person, in a file of the person's own. What is secret in it is sealed under a key beside it.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::client::address::Address;
use crate::client::contact::{Contact, ContactName, Heard, SealTo, Sealing};
use crate::client::kept_account::KeptAccount;
use crate::client::sealed_contact::Sealed;
use crate::crypto::field::{Field, Place};
use crate::crypto::link_proof::LinkSecret;
use crate::crypto::master_key::{MasterKey, MasterKeyError, sync_folder};
use crate::crypto::sealed_box::Pair;
use crate::domain::key::PublicKey;
use crate::domain::secret::BearerToken;

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
    #[error("there is a contact {0:?} already; remove it first, or choose another name")]
    Exists(String),
    #[error(
        "{0} is an account, and no channel: `peerbox remote --account {0} channel list` shows its channels"
    )]
    IsAccount(String),
    #[error("{path} cannot be used: {source}")]
    File { path: String, source: io::Error },
    #[error("{path} cannot be read: {why}")]
    Damaged { path: String, why: String },
    #[error("{path} was written by a newer version of this program")]
    Newer { path: String },
    #[error(
        "the secrets of {name} do not open: {key} is not the key they were sealed with, or somebody changed {path}"
    )]
    NotOpened { name: String, key: String, path: String },
    #[error(transparent)]
    Key(#[from] MasterKeyError),
}

/// The contacts of one folder.
pub struct Contacts {
    folder: PathBuf,
}

/// All contacts, to be changed while nobody else changes them.
pub struct Changing<'a> {
    contacts: &'a Contacts,
    book: Book,
    key: MasterKey,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Book {
    version: u32,
    #[serde(default)]
    contacts: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<String, Entry>,
}

impl Book {
    fn contact(&self, name: &str) -> Result<&Entry, ContactsError> {
        self.contacts.get(name).ok_or_else(|| {
            let is_account = self.accounts.contains_key(name);
            let why = if is_account { ContactsError::IsAccount } else { ContactsError::Unknown };
            why(name.to_owned())
        })
    }
}

/// The address is for people who look; all that counts is sealed.
#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    address: String,
    sealed: String,
}

impl Contacts {
    /// Those in this folder, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The names of all.
    pub fn names(&self) -> Result<Vec<String>, ContactsError> {
        Ok(self.book()?.contacts.into_keys().collect())
    }

    /// All of them.
    pub fn list(&self) -> Result<Vec<Contact>, ContactsError> {
        let book = self.book()?;
        if book.contacts.is_empty() {
            return Ok(Vec::new());
        }
        let key = MasterKey::read(&self.path(KEY_FILE))?;
        book.contacts.iter().map(|(name, entry)| self.contact(name, entry, &key)).collect()
    }

    /// One of them.
    pub fn find(&self, name: &str) -> Result<Contact, ContactsError> {
        let book = self.book()?;
        self.contact(name, book.contact(name)?, &MasterKey::read(&self.path(KEY_FILE))?)
    }

    /// All accounts that are remembered.
    pub fn accounts(&self) -> Result<Vec<KeptAccount>, ContactsError> {
        self.book()?.accounts.keys().map(|name| self.account(name)).collect()
    }

    /// One of them.
    pub fn account(&self, name: &str) -> Result<KeptAccount, ContactsError> {
        let book = self.book()?;
        let entry = book.accounts.get(name).ok_or_else(|| ContactsError::Unknown(name.to_owned()))?;
        let opened = self.opened(name, entry, &MasterKey::read(&self.path(KEY_FILE))?)?;
        KeptAccount::of_sealed(&opened, name, &entry.address).ok_or_else(|| self.not_opened(name))
    }

    /// Takes the contacts to change them; others who want the same wait. The folder and the key are made at need.
    pub fn change(&self) -> Result<Changing<'_>, ContactsError> {
        let unusable = |source| self.unusable(LOCK_FILE, source);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path(LOCK_FILE))
            .map_err(unusable)?;
        lock.lock().map_err(unusable)?;
        let (book, path) = (self.book()?, self.path(KEY_FILE));
        let key = if book.contacts.is_empty() && book.accounts.is_empty() && !path.exists() {
            let key = MasterKey::random();
            key.write_new(&path)?;
            key
        } else {
            MasterKey::read(&path)?
        };
        Ok(Changing { contacts: self, book, key, _lock: lock })
    }

    fn book(&self) -> Result<Book, ContactsError> {
        let text = match fs::read_to_string(self.path(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Book { version: VERSION, contacts: BTreeMap::new(), accounts: BTreeMap::new() });
            }
            Err(error) => return Err(self.unusable(FILE, error)),
        };
        let book: Book = toml::from_str(&text).map_err(|error| self.damaged(error.message()))?;
        if book.version > VERSION {
            return Err(ContactsError::Newer { path: self.shown(FILE) });
        }
        Ok(book)
    }

    fn contact(&self, name: &str, entry: &Entry, key: &MasterKey) -> Result<Contact, ContactsError> {
        let damaged = |what: &str| self.damaged(&format!("{what} of {name}"));
        let sealed = self.opened(name, entry, key)?;
        let sealed: Sealed = serde_json::from_slice(&sealed).map_err(|_| self.not_opened(name))?;
        if sealed.name != name || sealed.address != entry.address {
            return Err(self.not_opened(name));
        }
        let pair = |text: &String| Some(Pair::of(bytes_of(text)?.first_chunk()?));
        let seal_to = sealed.seal_to.as_deref().map(|key| {
            let key = PublicKey::parse(key)?;
            let sealing = Sealing::parse(sealed.sealing.as_deref().unwrap_or("raw"))?;
            Some(SealTo { key, sealing, is_checked: sealed.key_is_checked })
        });
        let link = sealed.link.as_deref().and_then(|text| LinkSecret::new(&bytes_of(text)?));
        let pairs: Option<Vec<_>> = sealed.pairs.iter().map(pair).collect();
        Ok(Contact {
            name: ContactName::parse(name).map_err(|_| damaged("the name"))?,
            address: Address::parse(&entry.address).map_err(|_| damaged("the address"))?,
            token: sealed.token.as_deref().map(BearerToken::new),
            secret: link,
            seal_to: seal_to.map(|found| found.ok_or_else(|| damaged("the key"))).transpose()?,
            pairs: pairs.ok_or_else(|| damaged("a pair of keys"))?,
            is_ours: sealed.peerbox,
            is_holder: sealed.holder,
            sent: sealed.sent,
            heard: sealed.heard.map(|(number, sequence)| Heard { number, sequence }),
        })
    }

    fn opened(
        &self,
        name: &str,
        entry: &Entry,
        key: &MasterKey,
    ) -> Result<Zeroizing<Vec<u8>>, ContactsError> {
        let sealed = base64_simd::STANDARD.decode_to_vec(&entry.sealed).ok();
        let opened = sealed.and_then(|sealed| key.key().open(place(), &sealed).ok());
        opened.map(Zeroizing::new).ok_or_else(|| self.not_opened(name))
    }

    fn not_opened(&self, name: &str) -> ContactsError {
        let (key, path) = (self.shown(KEY_FILE), self.shown(FILE));
        ContactsError::NotOpened { name: name.to_owned(), key, path }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn shown(&self, file: &str) -> String {
        self.path(file).display().to_string()
    }

    fn unusable(&self, file: &str, source: io::Error) -> ContactsError {
        ContactsError::File { path: self.shown(file), source }
    }

    fn damaged(&self, why: &str) -> ContactsError {
        ContactsError::Damaged { path: self.shown(FILE), why: why.to_owned() }
    }
}

impl Changing<'_> {
    /// One of them.
    pub fn find(&self, name: &str) -> Result<Contact, ContactsError> {
        self.contacts.contact(name, self.book.contact(name)?, &self.key)
    }

    /// Takes one in that is not there yet.
    pub fn add(&mut self, contact: &Contact) -> Result<(), ContactsError> {
        self.require_new(&contact.name)?;
        self.put(contact)
    }

    /// Takes an account in that is not there yet.
    pub fn add_account(&mut self, account: &KeptAccount) -> Result<(), ContactsError> {
        self.require_new(&account.name)?;
        let entry = self.sealed(account.address(), account.to_seal())?;
        self.book.accounts.insert(account.name.to_string(), entry);
        self.write()
    }

    fn require_new(&self, name: &ContactName) -> Result<(), ContactsError> {
        let Book { contacts, accounts, .. } = &self.book;
        let is_there = contacts.contains_key(name.as_str()) || accounts.contains_key(name.as_str());
        if is_there { Err(ContactsError::Exists(name.to_string())) } else { Ok(()) }
    }

    /// Takes one in, in the place of the one of its name.
    pub fn put(&mut self, contact: &Contact) -> Result<(), ContactsError> {
        let seal_to = contact.seal_to.as_ref();
        let all = Sealed {
            name: contact.name.to_string(),
            address: contact.address.to_string(),
            token: contact.token.as_ref().map(|token| token.expose().to_owned()),
            link: contact.secret.as_ref().map(|secret| text_of(secret.expose())),
            seal_to: seal_to.map(|to| to.key.to_string()),
            sealing: seal_to.map(|to| to.sealing.as_str().to_owned()),
            key_is_checked: seal_to.is_some_and(|to| to.is_checked),
            peerbox: contact.is_ours,
            holder: contact.is_holder,
            sent: contact.sent,
            heard: contact.heard.map(|heard| (heard.number, heard.sequence)),
            pairs: contact.pairs.iter().map(|pair| text_of(&*pair.expose())).collect(),
        };
        let entry = self.sealed(contact.address.to_string(), serde_json::to_vec(&all).map(Zeroizing::new))?;
        self.book.contacts.insert(contact.name.to_string(), entry);
        self.write()
    }

    fn sealed(
        &self,
        address: String,
        plain: serde_json::Result<Zeroizing<Vec<u8>>>,
    ) -> Result<Entry, ContactsError> {
        let plain = plain.map_err(|error| self.contacts.damaged(&error.to_string()))?;
        Ok(Entry { address, sealed: text_of(&self.key.key().seal(place(), &[&plain])) })
    }

    /// Forgets one, or an account.
    pub fn remove(&mut self, name: &str) -> Result<(), ContactsError> {
        let gone = self.book.contacts.remove(name).or_else(|| self.book.accounts.remove(name));
        gone.ok_or_else(|| ContactsError::Unknown(name.to_owned()))?;
        self.write()
    }

    /// The file is whole at every moment, and nobody else may read it.
    fn write(&self) -> Result<(), ContactsError> {
        let (path, unusable) = (self.contacts.path(FILE), |source| self.contacts.unusable(FILE, source));
        let text = toml::to_string(&self.book).map_err(|error| self.contacts.damaged(&error.to_string()))?;
        let new = tempfile::Builder::new().prefix(".contacts-").tempfile_in(&self.contacts.folder);
        let mut new = new.map_err(unusable)?;
        new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(unusable)?;
        new.persist(&path).map_err(|error| unusable(error.error))?;
        sync_folder(&path).map_err(unusable)
    }
}

fn place() -> Place {
    Place::row(Field::Contact, 0)
}

fn text_of(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

fn bytes_of(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    base64_simd::STANDARD.decode_to_vec(text).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(name: &str) -> Contact {
        Contact {
            name: ContactName::parse(name).expect("a name"),
            address: Address::parse("https://a.example/api/v1/channel/abc").expect("an address"),
            token: Some(BearerToken::new("a-token")),
            secret: LinkSecret::new(&[7; 16]),
            seal_to: None,
            pairs: vec![Pair::of(&[5; 32])],
            is_ours: true,
            is_holder: false,
            sent: 3,
            heard: Some(Heard { number: 2, sequence: 9 }),
        }
    }

    #[test]
    fn a_contact_is_read_as_it_was_kept_and_its_secrets_stand_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let contacts = Contacts::new(folder.path().join("new/peerbox"));
        assert!(contacts.names().expect("none").is_empty());
        contacts.change().expect("a lock").add(&contact("anna")).expect("room");
        let found = contacts.find("anna").expect("the contact");
        assert_eq!(found.token, Some(BearerToken::new("a-token")));
        assert_eq!((found.pairs[0].public(), found.sent), (Pair::of(&[5; 32]).public(), 3));
        assert_eq!(found.heard, Some(Heard { number: 2, sequence: 9 }));
        let text = fs::read_to_string(contacts.path(FILE)).expect("a file");
        assert!(!text.contains("a-token") && !text.contains(&text_of(&[7; 16])), "{text}");
        assert!(matches!(contacts.find("bert"), Err(ContactsError::Unknown(_))));
        let again = contacts.change().expect("a lock").add(&contact("anna"));
        assert!(matches!(again, Err(ContactsError::Exists(_))));
    }

    #[test]
    fn whoever_writes_the_file_changes_no_address_no_key_and_no_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let contacts = Contacts::new(folder.path().to_owned());
        let mut bert = contact("bert");
        let key = PublicKey::new(&[5; 32]).expect("a key");
        bert.seal_to = Some(SealTo { key, sealing: Sealing::Raw, is_checked: true });
        contacts.change().expect("a lock").add(&contact("anna")).expect("room");
        contacts.change().expect("a lock").add(&bert).expect("room");
        let path = contacts.path(FILE);
        let whole = fs::read_to_string(&path).expect("a file");
        assert!(!whole.contains(&key.to_string()), "{whole}");
        let sealed = |name: &str| {
            let book: Book = toml::from_str(&whole).expect("a book");
            book.contacts[name].sealed.clone()
        };
        let other = format!("{}{}", &sealed("bert")[..40], &sealed("anna")[40..]);
        for changed in [
            whole.replace("a.example", "b.example"),
            whole.replace(&sealed("anna"), &sealed("bert")),
            whole.replace(&sealed("anna"), &other),
        ] {
            fs::write(&path, changed).expect("room");
            assert!(matches!(contacts.find("anna"), Err(ContactsError::NotOpened { .. })));
        }
    }
}
