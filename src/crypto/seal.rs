//! Sealing: XChaCha20-Poly1305 with a random nonce, bound to the place where the value is kept.
//!
//! The construction is put together here from its two halves: `HChaCha20` makes a key for the one value from the long
//! nonce's first 16 bytes, and ring's `ChaCha20-Poly1305` does the rest in a third of the time that the portable crate
//! takes. That both give the same bytes is a test below.

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
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

/// A key that seals values. Wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new key.
    pub fn random() -> Self {
        Self::new(random::bytes())
    }

    /// The key itself, to be sealed under another one or derived from.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals the concatenation of `parts`, so that a caller need not build it first.
    #[expect(clippy::expect_used, reason = "the cipher fails only above 256 GiB, messages end at 16 MiB")]
    pub fn seal(&self, place: Place, parts: &[&[u8]]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random::bytes();
        let plain_bytes: usize = parts.iter().map(|part| part.len()).sum();
        let mut sealed = Vec::with_capacity(plain_bytes + OVERHEAD_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        for part in parts {
            sealed.extend_from_slice(part);
        }
        let (cipher, short_nonce) = self.for_one_value(&nonce);
        let tag = cipher
            .seal_in_place_separate_tag(short_nonce, associated_data(place), &mut sealed[1 + NONCE_BYTES..])
            .expect("a message is far below the cipher's limit");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Key::seal`] made for the same place.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(NotAuthentic) };
        let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NotAuthentic)?;
        let (cipher, short_nonce) = self.for_one_value(nonce);
        let mut plain = body.to_vec();
        let opened = cipher.open_in_place(short_nonce, associated_data(place), &mut plain);
        let plain_bytes = opened.map_err(|_| NotAuthentic)?.len();
        plain.truncate(plain_bytes);
        Ok(plain)
    }

    /// The cipher and nonce of one value: draft-irtf-cfrg-xchacha, section 2.3.
    #[expect(clippy::expect_used, reason = "a key of 32 bytes is what the algorithm takes")]
    fn for_one_value(&self, nonce: &[u8; NONCE_BYTES]) -> (LessSafeKey, Nonce) {
        let (first, last) = nonce.split_at(16);
        let first: &[u8; 16] = first.first_chunk().expect("16 of 24 bytes");
        let subkey = Zeroizing::new(<[u8; KEY_BYTES]>::from(hchacha::<R20>((&*self.0).into(), first.into())));
        let cipher = UnboundKey::new(&CHACHA20_POLY1305, subkey.as_slice()).expect("32 bytes");
        let mut short = [0; 12];
        short[4..].copy_from_slice(last);
        (LessSafeKey::new(cipher), Nonce::assume_unique_for_key(short))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

fn associated_data(place: Place) -> Aad<Vec<u8>> {
    let label = place.field.label().as_bytes();
    let mut data = Vec::with_capacity(label.len() + 17);
    data.extend_from_slice(label);
    data.push(0);
    data.extend_from_slice(&place.owner.to_be_bytes());
    data.extend_from_slice(&place.item.to_be_bytes());
    Aad::from(data)
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
    fn it_is_xchacha20_poly1305_as_the_reference_crate_has_it() -> Result<(), Box<dyn std::error::Error>> {
        use chacha20poly1305::XChaCha20Poly1305;
        use chacha20poly1305::aead::{Aead, KeyInit, Payload};
        let key = Key::random();
        let place = Place::message(7, 3);
        let reference = XChaCha20Poly1305::new(key.expose().into());
        for length in [0, 1, 63, 64, 65, 1024, 65_536] {
            let plain = vec![7; length];
            let sealed = key.seal(place, &[&plain]);
            let nonce: &[u8; NONCE_BYTES] = sealed[1..].first_chunk().ok_or("a nonce")?;
            let aad = associated_data(place);
            let payload = Payload { msg: &sealed[1 + NONCE_BYTES..], aad: aad.as_ref() };
            assert_eq!(reference.decrypt(nonce.into(), payload).map_err(|_| "does not open")?, plain);
        }
        Ok(())
    }

    #[test]
    fn the_same_text_seals_differently_each_time() {
        let key = Key::random();
        let place = Place::message(1, 1);
        assert_ne!(key.seal(place, &[b"x"]), key.seal(place, &[b"x"]));
    }
}
