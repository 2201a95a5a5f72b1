//! Fingerprints of public keys: the first half of their SHA-256.

use ring::digest::{SHA256, digest};

use crate::domain::key::{Fingerprint, PublicKey};

/// The fingerprint of a key.
pub fn of(key: &PublicKey) -> Fingerprint {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&SHA256, key.as_bytes()).as_ref()[..16]);
    Fingerprint(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_are_those_that_the_pages_compute() {
        // SHA-256 of 32 zeros begins with 66687aadf862bd776c8fc18b8e9f8e20.
        let key = PublicKey::new(&[0; 32]).expect("32 bytes");
        assert_eq!(of(&key).to_string(), "26216 31405 63586 48503 27791 49547 36511 36384");
    }
}
