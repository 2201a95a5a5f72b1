//! A browser that is told through a push service, which is a [`Receiver`](crate::support::receiver::Receiver): it alone opens
//! what comes, and checks who sent it.

use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey, ecdh};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

use crate::support::receiver::Called;

pub struct PushBrowser {
    secret: SecretKey,
    auth: [u8; 16],
    pub endpoint: String,
}

/// Who sent it, and how it wants to be treated by the push service.
pub struct Opened {
    pub said: Value,
    pub claims: Value,
    /// The key that it was signed with.
    pub key: String,
}

impl PushBrowser {
    /// `number` tells it from others.
    pub fn new(endpoint: &str, number: u8) -> Self {
        let secret = SecretKey::from_slice(&[number; 32]).expect("a secret key");
        Self { secret, auth: [number; 16], endpoint: endpoint.to_owned() }
    }

    fn public(&self) -> Vec<u8> {
        self.secret.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// What its script puts into the form.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        [
            ("endpoint", self.endpoint.clone()),
            ("p256dh", encoded(&self.public())),
            ("auth", encoded(&self.auth)),
        ]
    }

    /// Opens what the push service was sent, by RFC 8291, with primitives that the server does not use.
    pub fn open(&self, called: &Called) -> Opened {
        assert_eq!(called.header("content-encoding"), "aes128gcm");
        let shown = called.header("authorization").strip_prefix("vapid t=").expect("who sent it");
        let (token, key) = shown.split_once(", k=").expect("a key");
        let (unsigned, signature) = token.rsplit_once('.').expect("a signature");
        let known = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decoded(key));
        known.verify(unsigned.as_bytes(), &decoded(signature)).expect("signed with that key");
        let (head, claims) = unsigned.split_once('.').expect("two parts");
        let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).expect("JSON");
        assert_eq!(json(head)["alg"], "ES256");
        Opened { said: self.decrypted(&called.body), claims: json(claims), key: key.to_owned() }
    }

    fn decrypted(&self, body: &[u8]) -> Value {
        let (salt, rest) = body.split_at(16);
        let (size, rest) = rest.split_at(4);
        assert!(body.len() <= 4096 && size == 4096_u32.to_be_bytes(), "{} bytes", body.len());
        let (theirs, record) = rest[1..].split_at(usize::from(rest[0]));
        let public = PublicKey::from_sec1_bytes(theirs).expect("a point");
        let common = ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), public.as_affine());
        let info = [b"WebPush: info\0", self.public().as_slice(), theirs].concat();
        let secret = derived(&self.auth, common.raw_secret_bytes(), &info);
        let key = derived(salt, &secret, b"Content-Encoding: aes128gcm\0");
        let nonce = derived(salt, &secret, b"Content-Encoding: nonce\0");
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).expect("a key"));
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).expect("a nonce");
        let mut record = record.to_vec();
        let content = key.open_in_place(nonce, Aad::empty(), &mut record).expect("for this browser");
        let end = content.iter().rposition(|byte| *byte != 0).expect("an end");
        assert_eq!(content[end], 2, "the last record");
        serde_json::from_slice(&content[..end]).expect("JSON")
    }
}

/// HKDF of one block, from HMAC alone.
fn derived(salt: &[u8], secret: &[u8], info: &[u8]) -> Vec<u8> {
    let hmac = |key: &[u8], text: &[u8]| sign(&Key::new(HMAC_SHA256, key), text).as_ref().to_vec();
    hmac(&hmac(salt, secret), &[info, &[1]].concat())
}

fn encoded(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

fn decoded(text: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url")
}
