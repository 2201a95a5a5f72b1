//! What a browser is sent through its push service, which cannot read it (RFC 8291, in the coding of RFC 8188).

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::domain::subscription::BrowserKeys;

const SALT_BYTES: usize = 16;

/// Everything is one record of this size, the most that push services take.
const RECORD_BYTES: u32 = 4096;

/// What is shorter is filled up to this length, so that its length tells a push service nothing.
const FILLED_BYTES: usize = 1024;

/// Marks the end of the last record's content.
const LAST: u8 = 2;

/// The keys of a browser lead to no secret, or the content is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be encrypted for the browser")]
pub struct NotSealed;

/// Encrypts for one browser, with a key of its own each time.
pub fn seal(content: &[u8], to: &BrowserKeys) -> Result<Vec<u8>, NotSealed> {
    let once = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).map_err(|_| NotSealed)?;
    let public = once.compute_public_key().map_err(|_| NotSealed)?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, to.public.as_slice());
    let common = |secret: &[u8]| Zeroizing::new(secret.to_vec());
    let common = agree_ephemeral(once, &theirs, common).map_err(|_| NotSealed)?;
    sealed(content, FILLED_BYTES, to, &common, public.as_ref(), &random::bytes())
}

fn sealed(
    content: &[u8],
    filled: usize,
    to: &BrowserKeys,
    common: &[u8],
    public: &[u8],
    salt: &[u8; SALT_BYTES],
) -> Result<Vec<u8>, NotSealed> {
    let info = [b"WebPush: info\0", to.public.as_slice(), public].concat();
    let mut secret = Zeroizing::new([0; 32]);
    expand(&Salt::new(HKDF_SHA256, &to.auth).extract(common), &info, secret.as_mut())?;
    let content_key = Salt::new(HKDF_SHA256, salt).extract(secret.as_ref());
    let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
    expand(&content_key, b"Content-Encoding: aes128gcm\0", key.as_mut())?;
    expand(&content_key, b"Content-Encoding: nonce\0", &mut nonce)?;

    let mut record = [content, &[LAST]].concat();
    record.resize(record.len().max(filled), 0);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.as_ref()).map_err(|_| NotSealed)?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)
        .map_err(|_| NotSealed)?;
    let key_bytes = u8::try_from(public.len()).map_err(|_| NotSealed)?;
    let body = [salt, RECORD_BYTES.to_be_bytes().as_slice(), &[key_bytes], public, &record].concat();
    // Push services have to take 4096 bytes, and no more.
    if body.len() <= RECORD_BYTES as usize { Ok(body) } else { Err(NotSealed) }
}

fn expand(secret: &Prk, about: &[u8], into: &mut [u8]) -> Result<(), NotSealed> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let about = [about];
    secret.expand(&about, Length(into.len())).and_then(|made| made.fill(into)).map_err(|_| NotSealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url")
    }

    /// The example of RFC 8291, from the secret that both sides have in common on.
    #[test]
    fn it_is_what_the_standard_shows() {
        let to = BrowserKeys {
            public: decoded(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            )
            .try_into()
            .expect("a point"),
            auth: decoded("BTBZMqHH6r4Tts7J_aSIgg").try_into().expect("16 bytes"),
        };
        let public = decoded(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let common = decoded("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt = decoded("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes");
        let content = b"When I grow up, I want to be a watermelon";
        let body = sealed(content, 0, &to, &common, &public, &salt).expect("a body");
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS\
                        6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(base64_simd::URL_SAFE_NO_PAD.encode_to_string(body), expected);
    }

    #[test]
    fn lengths_say_little_and_have_an_end() {
        let once = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).expect("a key");
        let public = once.compute_public_key().expect("a public half");
        let to = BrowserKeys { public: public.as_ref().try_into().expect("a point"), auth: [7; 16] };
        let length = |bytes: usize| seal(&vec![b'x'; bytes], &to).map(|body| body.len());
        assert_eq!(length(1), length(FILLED_BYTES - 1));
        assert_eq!(length(3993), Ok(4096));
        assert_eq!(length(3994), Err(NotSealed));
        let nobody = BrowserKeys { public: [4; 65], auth: [7; 16] };
        assert_eq!(seal(b"x", &nobody), Err(NotSealed));
    }
}
