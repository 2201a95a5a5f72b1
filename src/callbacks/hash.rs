//! Hashes of transactions and blocks: 32 bytes, written backwards in hexadecimal.

use std::fmt;

use ring::digest::{SHA256, digest};

/// The double SHA-256 of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// In the order in which it is computed with.
    pub(super) fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As it is written: 64 hexadecimal digits, the last byte first.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 {
            // Looked at first: it may be a megabyte, and asked for by every transaction of a report.
            return None;
        }
        let mut bytes: [u8; 32] = decoded(text)?.try_into().ok()?;
        bytes.reverse();
        Some(Self(bytes))
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(sha256(&sha256(bytes)))
    }

    /// What stands above two in a tree.
    pub(super) fn above(left: Self, right: Self) -> Self {
        let mut both = [0; 64];
        both[..32].copy_from_slice(&left.0);
        both[32..].copy_from_slice(&right.0);
        Self::of(&both)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Bytes of hexadecimal digits; `None` for anything else.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_backwards() {
        // The first block ever.
        let header = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e\
                      67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
        let name = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
        let hash = Hash::of(&decoded(header).unwrap_or_default());
        assert_eq!(hash.to_string(), name);
        assert_eq!(Hash::parse(&name.to_uppercase()), Some(hash));
        for wrong in ["", "00", &name[2..], &format!("{name}00"), &name.replace('0', "g"), &"é".repeat(32)] {
            assert_eq!(Hash::parse(wrong), None, "{wrong}");
        }
    }
}
