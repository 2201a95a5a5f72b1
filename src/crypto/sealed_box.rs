//! Sealed boxes as libsodium makes them: anybody can seal for a public key, only its holder can open.

use crypto_box::SecretKey;
use crypto_box::aead::OsRng;
use ring::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey, X25519};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::domain::key::PublicKey;

/// A public key has the same with everybody, so anybody could open what is sealed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody can hold this key; ask for another one")]
pub struct UnusableKey;

/// A pair of X25519. The secret half is wiped when dropped.
#[derive(Clone)]
pub struct Pair {
    secret: SecretKey,
    public: PublicKey,
}

impl Pair {
    /// A new one.
    pub fn random() -> Self {
        Self::of(&random::bytes())
    }

    /// The pair of a secret half.
    #[expect(clippy::expect_used, reason = "a public key has 32 bytes")]
    pub fn of(secret: &[u8; 32]) -> Self {
        let secret = SecretKey::from_bytes(*secret);
        let public = PublicKey::new(secret.public_key().as_bytes()).expect("32 bytes");
        Self { secret, public }
    }

    /// What others seal with.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The secret half, to be kept sealed or handed to its holder.
    pub fn expose(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }

    /// What is in a box; `None` for one that is damaged or for another key.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.secret.unseal(sealed).ok()
    }
}

/// Seals for the holder of a key.
#[expect(clippy::expect_used, reason = "the cipher fails only above 256 GiB")]
pub fn seal(content: &[u8], to: &PublicKey) -> Result<Vec<u8>, UnusableKey> {
    if !is_usable(to) {
        return Err(UnusableKey);
    }
    let bytes = to.as_bytes().first_chunk().expect("32 bytes");
    let key = crypto_box::PublicKey::from_bytes(*bytes);
    Ok(key.seal(&mut OsRng, content).expect("a message is far below the cipher's limit"))
}

/// Whether what one has in common with the holder of a key is a secret. Few keys have nothing with anybody.
fn is_usable(key: &PublicKey) -> bool {
    let Ok(probe) = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new()) else { return false };
    agreement::agree_ephemeral(probe, &UnparsedPublicKey::new(&X25519, key.as_bytes()), |_common| ()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_key_opens_a_box() {
        let pair = Pair::random();
        let mut sealed = seal(b"hello", pair.public()).expect("a usable key");
        assert_eq!(sealed.len(), 5 + 48);
        assert_eq!(pair.open(&sealed).as_deref(), Some(&b"hello"[..]));
        assert_eq!(Pair::of(&pair.expose()).open(&sealed).as_deref(), Some(&b"hello"[..]));
        assert_eq!(Pair::random().open(&sealed), None);
        sealed[50] ^= 1;
        assert_eq!(pair.open(&sealed), None);
        assert_eq!(pair.open(&[0; 47]), None);
    }

    #[test]
    fn nothing_is_sealed_for_a_key_that_nobody_holds() {
        let zero = PublicKey::new(&[0; 32]).expect("32 bytes");
        assert_eq!(seal(b"hello", &zero), Err(UnusableKey));
    }
}
