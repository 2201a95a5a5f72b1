//! Sealing: XChaCha20-Poly1305 with a random nonce, bound to the place where the value is kept.

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use zeroize::Zeroizing;

use crate::crypto::field::Place;
use crate::crypto::random;

/// Bytes that sealing adds: version, nonce, authentication tag.
pub const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// The length of every key here.
pub const KEY_BYTES: usize = 32;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A sealed value does not open: wrong key, wrong place, or somebody changed the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: the key is wrong or the file was altered")]
pub struct NotAuthentic;

/// A key that seals values. Wiped when dropped; the cipher keeps a copy that it wipes as well.
#[derive(Clone)]
pub struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    cipher: XChaCha20Poly1305,
}

impl Key {
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let cipher = XChaCha20Poly1305::new(&bytes.into());
        Self { bytes: Zeroizing::new(bytes), cipher }
    }

    pub fn random() -> Self {
        Self::new(random::bytes())
    }

    /// The key itself, to be sealed under another one or derived from.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// Seals the concatenation of `parts`, so that a caller need not build it first.
    pub fn seal(&self, place: Place, parts: &[&[u8]]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random::bytes();
        let plain_bytes: usize = parts.iter().map(|part| part.len()).sum();
        let mut sealed = Vec::with_capacity(plain_bytes + OVERHEAD_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        for part in parts {
            sealed.extend_from_slice(part);
        }
        let tag = self.tag(&nonce, place, &mut sealed[1 + NONCE_BYTES..]);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what [`Key::seal`] made for the same place.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(NotAuthentic) };
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NotAuthentic)?;
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(NotAuthentic)?;
        let mut plain = body.to_vec();
        let aad = associated_data(place);
        self.cipher
            .decrypt_inout_detached(nonce.into(), &aad, plain.as_mut_slice().into(), tag.into())
            .map_err(|_| NotAuthentic)?;
        Ok(plain)
    }

    #[expect(clippy::expect_used, reason = "the cipher fails only above 256 GiB, messages end at 16 MiB")]
    fn tag(&self, nonce: &[u8; NONCE_BYTES], place: Place, body: &mut [u8]) -> [u8; TAG_BYTES] {
        let aad = associated_data(place);
        self.cipher
            .encrypt_inout_detached(nonce.into(), &aad, body.into())
            .expect("a message is far below the cipher's limit")
            .into()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

fn associated_data(place: Place) -> Vec<u8> {
    let label = place.field.label().as_bytes();
    let mut data = Vec::with_capacity(label.len() + 17);
    data.extend_from_slice(label);
    data.push(0);
    data.extend_from_slice(&place.owner.to_be_bytes());
    data.extend_from_slice(&place.item.to_be_bytes());
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::field::Field;

    #[test]
    fn opens_only_in_its_place_with_its_key() {
        let key = Key::random();
        let place = Place::message(7, 3);
        let sealed = key.seal(place, &[b"text/plain\0", b"hello"]);
        assert_eq!(sealed.len(), 16 + OVERHEAD_BYTES);
        assert_eq!(key.open(place, &sealed).as_deref(), Ok(&b"text/plain\0hello"[..]));
        assert_eq!(key.open(Place::message(7, 4), &sealed), Err(NotAuthentic));
        assert_eq!(key.open(Place::message(8, 3), &sealed), Err(NotAuthentic));
        assert_eq!(key.open(Place::row(Field::TokenSecret, 7), &sealed), Err(NotAuthentic));
        assert_eq!(Key::random().open(place, &sealed), Err(NotAuthentic));
    }

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let key = Key::random();
        let place = Place::message(1, 1);
        let sealed = key.seal(place, &[b"x"]);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(key.open(place, &altered), Err(NotAuthentic), "byte {at}");
            assert_eq!(key.open(place, &sealed[..at]), Err(NotAuthentic), "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_seals_differently_each_time() {
        let key = Key::random();
        let place = Place::message(1, 1);
        assert_ne!(key.seal(place, &[b"x"]), key.seal(place, &[b"x"]));
    }
}
