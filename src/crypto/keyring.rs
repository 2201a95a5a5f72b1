//! The keys of one database: the root key, sealed under the master key, and what is derived from or sealed under it.

use crate::crypto::blind_index::BlindIndex;
use crate::crypto::field::{Field, Place};
use crate::crypto::master_key::MasterKey;
use crate::crypto::seal::{KEY_BYTES, Key, NotAuthentic};

/// The opened keys of a database.
pub struct Keyring {
    root: Key,
    blind: BlindIndex,
}

impl Keyring {
    /// Makes the keys of a new database.
    pub fn create() -> Self {
        Self::with_root(Key::random())
    }

    /// Opens the keys of an existing database. [`NotAuthentic`] means the master key is another one.
    pub fn open(master: &MasterKey, sealed_root: &[u8]) -> Result<Self, NotAuthentic> {
        let root = master.key().open(ROOT_PLACE, sealed_root)?;
        Ok(Self::with_root(key_of(&root)?))
    }

    /// The root key as it is stored. Rotating the master key is storing this anew.
    pub fn sealed_root(&self, master: &MasterKey) -> Vec<u8> {
        master.key().seal(ROOT_PLACE, &[self.root.expose()])
    }

    /// The key of everything that belongs to no channel.
    pub fn root(&self) -> &Key {
        &self.root
    }

    /// The hashes by which sealed values are found.
    pub fn blind(&self) -> &BlindIndex {
        &self.blind
    }

    /// What tells this database from others in public, such as in the names of cookies. It tells nothing about the keys.
    pub fn mark(&self) -> String {
        let [a, b, c, d, ..] = blake3::derive_key("peerbox 2026-11 mark of a database", self.root.expose());
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    /// Shows, without telling anything about them, that whoever says this text has the same keys.
    pub fn proof(&self, of: &str) -> String {
        self.hash_of(of).to_hex().to_string()
    }

    /// Whether that is the proof of this text.
    pub fn is_proof(&self, of: &str, shown: &str) -> bool {
        // Hashes are compared in constant time.
        blake3::Hash::from_hex(shown).is_ok_and(|shown| shown == self.hash_of(of))
    }

    fn hash_of(&self, text: &str) -> blake3::Hash {
        let key = blake3::derive_key("peerbox 2026-11 proof of having the keys", self.root.expose());
        blake3::keyed_hash(&key, text.as_bytes())
    }

    /// A name for this text that tells nothing about it: the same again for the same text.
    pub fn opaque(&self, text: &str) -> String {
        let key = blake3::derive_key("peerbox 2026-11 opaque name", self.root.expose());
        blake3::keyed_hash(&key, text.as_bytes()).to_hex()[..32].to_owned()
    }

    /// A channel's key as it is stored. It is bound to the account, so that a channel which was given to another account
    /// in the file does not open there.
    pub fn seal_channel_key(&self, channel: i64, account: i64, key: &Key) -> Vec<u8> {
        self.root.seal(Place::owned(Field::ChannelKey, channel, account), &[key.expose()])
    }

    /// A channel's key again, from what [`Self::seal_channel_key`] made for the same channel and account.
    pub fn open_channel_key(&self, channel: i64, account: i64, sealed: &[u8]) -> Result<Key, NotAuthentic> {
        key_of(&self.root.open(Place::owned(Field::ChannelKey, channel, account), sealed)?)
    }

    fn with_root(root: Key) -> Self {
        let blind = BlindIndex::derive(&root);
        Self { root, blind }
    }
}

const ROOT_PLACE: Place = Place { field: Field::RootKey, owner: 1, item: 0 };

fn key_of(bytes: &[u8]) -> Result<Key, NotAuthentic> {
    <[u8; KEY_BYTES]>::try_from(bytes).map(Key::new).map_err(|_| NotAuthentic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_master_key_opens_nothing() {
        let master = MasterKey::random();
        let keyring = Keyring::create();
        let sealed = keyring.sealed_root(&master);
        assert!(Keyring::open(&master, &sealed).is_ok());
        assert!(Keyring::open(&MasterKey::random(), &sealed).is_err());
    }

    #[test]
    fn each_database_has_its_own_mark() {
        let (one, other) = (Keyring::create(), Keyring::create());
        assert_eq!(one.mark(), one.mark());
        assert_ne!(one.mark(), other.mark());
    }

    #[test]
    fn only_the_same_keys_prove_themselves() {
        let (one, other) = (Keyring::create(), Keyring::create());
        assert!(one.is_proof("now", &one.proof("now")));
        assert!(!one.is_proof("later", &one.proof("now")));
        assert!(!one.is_proof("now", &other.proof("now")));
        assert!(!one.is_proof("now", ""));
    }

    #[test]
    fn channel_keys_belong_to_their_channel_and_account() {
        let keyring = Keyring::create();
        let sealed = keyring.seal_channel_key(1, 7, &Key::random());
        assert!(keyring.open_channel_key(1, 7, &sealed).is_ok());
        assert!(keyring.open_channel_key(2, 7, &sealed).is_err());
        assert!(keyring.open_channel_key(1, 8, &sealed).is_err());
    }
}
