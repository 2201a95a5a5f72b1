//! The master key, which lives outside the database: read from a key file, or made from a passphrase.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::crypto::seal::{KEY_BYTES, Key};
use crate::domain::secret::Password;
use crate::domain::text;

/// What a key file is called until it is whole.
const UNFINISHED: &str = ".peerbox-key-";

/// The key above all others. Losing it is losing the data.
pub struct MasterKey(Key);

/// How a passphrase becomes a key. Stored in the database, so that a later version may choose other costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KdfParams {
    pub salt: [u8; 16],
    pub memory_kib: u32,
    pub passes: u32,
}

/// Characters of a new passphrase, at least. One of an earlier version may have fewer.
pub const PASSPHRASE_LEAST: usize = 8;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("the key file {path} cannot be read: {source}")]
    Unreadable { path: String, source: io::Error },
    #[error("the key file {path} cannot be written: {source}")]
    Unwritable { path: String, source: io::Error },
    #[error("the key file {path} does not hold a key: 64 hexadecimal digits or 32 bytes are expected")]
    Malformed { path: String },
    #[error(
        "the passphrase has fewer than {PASSPHRASE_LEAST} characters; whoever gets the file could try them all"
    )]
    PassphraseTooShort,
    #[error("the passphrase cannot be turned into a key: {0}")]
    Derivation(String),
}

impl MasterKey {
    /// A new one.
    pub fn random() -> Self {
        Self(Key::random())
    }

    /// The key with which the root key is sealed.
    pub fn key(&self) -> &Key {
        &self.0
    }

    /// Reads a key file: 64 hexadecimal digits, as [`MasterKey::write_new`] makes it, or 32 raw bytes.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let content = fs::read(path)
            .map(Zeroizing::new)
            .map_err(|source| MasterKeyError::Unreadable { path: path.display().to_string(), source })?;
        parse(&content).ok_or_else(|| MasterKeyError::Malformed { path: path.display().to_string() })
    }

    /// Writes the key to a file that must not exist yet, readable by its owner only, on disk when this returns.
    pub fn write_new(&self, path: &Path) -> Result<(), MasterKeyError> {
        let unwritable = |source| MasterKeyError::Unwritable { path: path.display().to_string(), source };
        let folder = folder_of(path);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable)?;
        remove_unfinished(folder);
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(unwritable)?;
        file.as_file().try_lock().map_err(|error| unwritable(error.into()))?;
        file.write_all(hexadecimal(self.0.expose()).as_bytes()).map_err(unwritable)?;
        file.write_all(b"\n").map_err(unwritable)?;
        file.as_file().sync_all().map_err(unwritable)?;
        // It gets its name when it is whole: whoever is killed before leaves no file that looks like a key.
        file.persist_noclobber(path).map_err(|error| unwritable(error.error))?;
        sync_folder(path).map_err(unwritable)?;
        Ok(())
    }

    /// Makes a key, and how to make it again, from a passphrase: from its normal form, so that it is the same on whatever
    /// keyboard it is typed. Slow on purpose.
    pub fn from_new_passphrase(passphrase: &Password) -> Result<(Self, KdfParams), MasterKeyError> {
        if passphrase.length() < PASSPHRASE_LEAST {
            return Err(MasterKeyError::PassphraseTooShort);
        }
        let kdf = KdfParams::generate();
        Ok((Self::from_passphrase(&passphrase.normal(), &kdf)?, kdf))
    }

    /// Makes the key from a passphrase exactly as it is given. Of one that somebody typed, every one of
    /// [`Password::forms`] may be the one: earlier versions took what was typed. Slow on purpose.
    pub fn from_passphrase(passphrase: &Password, kdf: &KdfParams) -> Result<Self, MasterKeyError> {
        let derivation = |error: argon2::Error| MasterKeyError::Derivation(error.to_string());
        let params = Params::new(kdf.memory_kib, kdf.passes, 1, Some(KEY_BYTES)).map_err(derivation)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), &kdf.salt, bytes.as_mut_slice())
            .map_err(derivation)?;
        Ok(Self(Key::new(*bytes)))
    }
}

/// Removes what is left of writers that were killed: whoever still writes holds a lock.
fn remove_unfinished(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for left in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
        if left.file_type().is_ok_and(|kind| kind.is_file())
            && File::open(left.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _another_one_did = fs::remove_file(left.path());
        }
    }
}

impl KdfParams {
    /// Parameters for a new database: one derivation per start can afford more than a sign-in.
    fn generate() -> Self {
        Self { salt: random::bytes(), memory_kib: 64 * 1024, passes: 3 }
    }
}

/// Brings the names in the file's folder to the disk: a new name is part of its folder.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn parse(content: &[u8]) -> Option<MasterKey> {
    if let Ok(raw) = <[u8; KEY_BYTES]>::try_from(content) {
        return Some(MasterKey(Key::new(raw)));
    }
    let text = text::decode(content)?;
    let digits = text.trim().as_bytes();
    if digits.len() != KEY_BYTES * 2 {
        return None;
    }
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(MasterKey(Key::new(*bytes)))
}

fn hexadecimal(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    Zeroizing::new(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_key_is_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("keys/master.key");
        let master = MasterKey::random();
        master.write_new(&path)?;
        assert_eq!(MasterKey::read(&path)?.key().expose(), master.key().expose());
        assert!(matches!(master.write_new(&path), Err(MasterKeyError::Unwritable { .. })));
        Ok(())
    }

    #[test]
    fn anything_else_is_no_key() {
        assert!(parse(&[7; 32]).is_some());
        assert!(parse(&[b"\xef\xbb\xbf", &[b'7'; 64][..], b"\r\n"].concat()).is_some());
        for content in [&b""[..], b"abc", &[b'g'; 64], &[7; 31]] {
            assert!(parse(content).is_none(), "{content:?}");
        }
    }

    #[test]
    fn a_new_passphrase_is_the_same_on_every_keyboard() -> Result<(), MasterKeyError> {
        let (made, kdf) = MasterKey::from_new_passphrase(&Password::new("se\u{301}same, open"))?;
        let typed = Password::new("s\u{e9}same, open");
        assert_eq!(MasterKey::from_passphrase(&typed, &kdf)?.key().expose(), made.key().expose());
        Ok(())
    }

    #[test]
    fn a_passphrase_gives_the_same_key_only_with_the_same_salt() -> Result<(), MasterKeyError> {
        let kdf = KdfParams { salt: [1; 16], memory_kib: 64, passes: 1 };
        let other = KdfParams { salt: [2; 16], ..kdf.clone() };
        let key = |kdf: &KdfParams| MasterKey::from_passphrase(&Password::new("open sesame"), kdf);
        assert_eq!(key(&kdf)?.key().expose(), key(&kdf)?.key().expose());
        assert_ne!(key(&kdf)?.key().expose(), key(&other)?.key().expose());
        Ok(())
    }
}
