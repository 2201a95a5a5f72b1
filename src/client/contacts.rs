//! The contacts of one person. What is secret of them is sealed.

use std::fs::File;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::client::address::Address;
use crate::client::book::{Book, ContactsError, Entry, Folder};
use crate::client::contact::{Contact, ContactName, Heard, SealTo, Sealing};
use crate::client::kept_account::KeptAccount;
use crate::client::sealed_contact::Sealed;
use crate::crypto::field::{Field, Place};
use crate::crypto::link_proof::LinkSecret;
use crate::crypto::master_key::MasterKey;
use crate::crypto::sealed_box::Pair;
use crate::domain::key::PublicKey;
use crate::domain::secret::BearerToken;

/// The contacts of one folder.
pub struct Contacts {
    folder: Folder,
}

/// All contacts, to be changed while nobody else changes them.
pub struct Changing<'a> {
    contacts: &'a Contacts,
    book: Book,
    key: MasterKey,
    _lock: File,
}

impl Contacts {
    /// Those in this folder, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder: Folder::new(folder) }
    }

    /// The names of all channels.
    pub fn names(&self) -> Result<Vec<String>, ContactsError> {
        Ok(self.folder.read()?.contacts.into_keys().collect())
    }

    /// The names of all accounts.
    pub fn account_names(&self) -> Result<Vec<String>, ContactsError> {
        Ok(self.folder.read()?.accounts.into_keys().collect())
    }

    /// All channels.
    pub fn list(&self) -> Result<Vec<Contact>, ContactsError> {
        self.names()?.iter().map(|name| self.find(name)).collect()
    }

    /// One of them.
    pub fn find(&self, name: &str) -> Result<Contact, ContactsError> {
        let book = self.folder.read()?;
        self.contact(name, book.contact(name)?, &self.folder.key()?)
    }

    /// One of the accounts.
    pub fn account(&self, name: &str) -> Result<KeptAccount, ContactsError> {
        let book = self.folder.read()?;
        let entry = book.account(name)?;
        let opened = self.opened(name, entry, &self.folder.key()?)?;
        KeptAccount::of_sealed(&opened, name, &entry.address).ok_or_else(|| self.folder.not_opened(name))
    }

    /// Whether an account has that name, and no channel.
    pub fn is_account(&self, name: &str) -> Result<bool, ContactsError> {
        match self.folder.read()?.contact(name) {
            Ok(_channel) => Ok(false),
            Err(ContactsError::IsAccount(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Takes the contacts to change them; others who want the same wait. The folder and the key are made at need.
    pub fn change(&self) -> Result<Changing<'_>, ContactsError> {
        let lock = self.folder.lock()?;
        let book = self.folder.read()?;
        let key = self.folder.key_for(&book)?;
        Ok(Changing { contacts: self, book, key, _lock: lock })
    }

    /// Forgets contacts and accounts, also such as do not open; where one of them is not there, none.
    pub fn remove(&self, names: &[String]) -> Result<(), ContactsError> {
        let _lock = self.folder.lock()?;
        let mut book = self.folder.read()?;
        for name in names {
            let gone = book.contacts.remove(name).or_else(|| book.accounts.remove(name));
            gone.ok_or_else(|| ContactsError::Unknown(name.to_owned()))?;
        }
        self.folder.write(&book)
    }

    fn contact(&self, name: &str, entry: &Entry, key: &MasterKey) -> Result<Contact, ContactsError> {
        let damaged = |what: &str| self.folder.damaged(&format!("{what} of {name}"));
        let sealed = self.opened(name, entry, key)?;
        let sealed: Sealed = serde_json::from_slice(&sealed).map_err(|_| self.folder.not_opened(name))?;
        if sealed.name != name || sealed.address != entry.address {
            return Err(self.folder.not_opened(name));
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
            authorities: sealed.authorities.clone(),
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
        opened.map(Zeroizing::new).ok_or_else(|| self.folder.not_opened(name))
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
        self.put_account(account)
    }

    /// Takes an account in, in the place of the one of its name.
    pub fn put_account(&mut self, account: &KeptAccount) -> Result<(), ContactsError> {
        let entry = self.sealed(account.address(), account.to_seal())?;
        self.book.accounts.insert(account.name.to_string(), entry);
        self.contacts.folder.write(&self.book)
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
            authorities: contact.authorities.clone(),
        };
        let entry = self.sealed(contact.address.to_string(), serde_json::to_vec(&all).map(Zeroizing::new))?;
        self.book.contacts.insert(contact.name.to_string(), entry);
        self.contacts.folder.write(&self.book)
    }

    fn sealed(
        &self,
        address: String,
        plain: serde_json::Result<Zeroizing<Vec<u8>>>,
    ) -> Result<Entry, ContactsError> {
        let plain = plain.map_err(|error| self.contacts.folder.damaged(&error.to_string()))?;
        Ok(Entry { address, sealed: text_of(&self.key.key().seal(place(), &[&plain])) })
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
    use std::fs;

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
            authorities: Some("PEM".to_owned()),
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
        assert_eq!(found.authorities.as_deref(), Some("PEM"));
        assert_eq!(found.heard, Some(Heard { number: 2, sequence: 9 }));
        let text = fs::read_to_string(folder.path().join("new/peerbox/contacts.toml")).expect("a file");
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
        let path = folder.path().join("contacts.toml");
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
