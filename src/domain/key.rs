//! Public keys: what others seal messages for an account's holder with.

use std::fmt;

use crate::domain::id::KeyId;
use crate::domain::time::Timestamp;

/// The name of the algorithm, as clients of the field write it before a key.
pub const ALGORITHM: &str = "libsodium sealed_box ";

/// The most keys of an account, retired ones included: what any of them sealed is still to be opened.
pub const MOST_KEYS: u64 = 20;

/// The longest wrapped copy of a secret half, in bytes.
pub const MAX_COPY_BYTES: usize = 2048;

/// The public half of a pair of X25519. Written as `libsodium sealed_box` and its base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key of its bytes; `None` for another number of them.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// A key as it is written, with or without the name of the algorithm.
    pub fn parse(text: &str) -> Option<Self> {
        let base64 = text.trim().strip_prefix(ALGORITHM).unwrap_or(text.trim());
        Self::new(&base64_simd::STANDARD.decode_to_vec(base64).ok()?)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", base64_simd::STANDARD.encode_to_string(self.0))
    }
}

/// What a key is published for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Others seal with it from now on.
    Seals,
    /// It opens what was sealed with it before it came here, and is retired from the beginning.
    Opens,
}

/// What two people compare to know that a key is the right one. Nobody finds a second key with the same 16 bytes. Written
/// as eight groups of five digits, two bytes each, to be read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.chunks(2).enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{:05}", u32::from(pair[0]) * 256 + u32::from(pair[1]))?;
        }
        Ok(())
    }
}

/// A key of an account as the server knows it.
#[derive(Debug, Clone)]
pub struct AccountKey {
    /// Its row.
    pub id: KeyId,
    /// What others seal with.
    pub public: PublicKey,
    /// What tells it from others.
    pub fingerprint: Fingerprint,
    /// The secret half as the holder's browser wrapped it under a passphrase; nobody can open it here.
    pub copy: Option<String>,
    /// When it was published.
    pub created: Timestamp,
    /// Since when nobody is to seal with it any more.
    pub retired: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = PublicKey::new(&[7; 32]).expect("32 bytes");
        let written = key.to_string();
        assert_eq!(written, format!("libsodium sealed_box {}", "BwcH".repeat(10) + "Bwc="));
        assert_eq!(PublicKey::parse(&written), Some(key));
        assert_eq!(PublicKey::parse(&written[21..]), Some(key));
        for wrong in ["", "libsodium sealed_box ", "BwcH", &written[..63], &format!("{written}="), "rsa BwcH"]
        {
            assert_eq!(PublicKey::parse(wrong), None, "{wrong}");
        }
    }
}
