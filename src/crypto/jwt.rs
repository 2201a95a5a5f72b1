//! Signed claims (RFC 7515), by which this server shows push services and Google who it is.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use zeroize::Zeroizing;

/// A key that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no secret key in PKCS #8")]
pub struct InvalidKey;

/// A key by which push services know this server (RFC 8292), of P-256.
pub struct VapidKey(EcdsaKeyPair);

impl VapidKey {
    /// A new one, in the form in which it is kept.
    #[expect(clippy::expect_used, reason = "it fails only where there is no randomness")]
    pub fn random() -> Zeroizing<Vec<u8>> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Zeroizing::new(made.expect("the operating system gives random bytes").as_ref().to_vec())
    }

    /// One that was kept.
    pub fn read(kept: &[u8]) -> Result<Self, InvalidKey> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, kept, &SystemRandom::new())
            .map(Self)
            .map_err(|_| InvalidKey)
    }

    /// The half that browsers subscribe with, as they want it.
    pub fn public(&self) -> String {
        encoded(self.0.public_key().as_ref())
    }

    /// These claims, signed.
    #[expect(clippy::expect_used, reason = "it fails only where there is no randomness")]
    pub fn sign(&self, claims: &str) -> String {
        let unsigned = unsigned("ES256", claims);
        let signature = self.0.sign(&SystemRandom::new(), unsigned.as_bytes());
        let signature = signature.expect("the operating system gives random bytes");
        format!("{unsigned}.{}", encoded(signature.as_ref()))
    }
}

/// The key of a service account, of RSA.
pub struct AccountKey(RsaKeyPair);

impl AccountKey {
    /// Reads one in PKCS #8.
    pub fn read(der: &[u8]) -> Result<Self, InvalidKey> {
        RsaKeyPair::from_pkcs8(der).map(Self).map_err(|_| InvalidKey)
    }

    /// These claims, signed.
    #[expect(clippy::expect_used, reason = "it fails only where there is no randomness")]
    pub fn sign(&self, claims: &str) -> String {
        let unsigned = unsigned("RS256", claims);
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), unsigned.as_bytes(), &mut signature)
            .expect("the operating system gives random bytes");
        format!("{unsigned}.{}", encoded(&signature))
    }
}

fn unsigned(algorithm: &str, claims: &str) -> String {
    let head = format!(r#"{{"typ":"JWT","alg":"{algorithm}"}}"#);
    format!("{}.{}", encoded(head.as_bytes()), encoded(claims.as_bytes()))
}

fn encoded(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    fn decoded(text: &str) -> Vec<u8> {
        base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url")
    }

    #[test]
    fn what_is_signed_is_of_the_key_that_browsers_know() {
        let kept = VapidKey::random();
        let key = VapidKey::read(&kept).expect("a key");
        let token = key.sign(r#"{"aud":"https://push.example.org"}"#);
        let (unsigned, signature) = token.rsplit_once('.').expect("a signature");
        let public = decoded(&key.public());
        assert_eq!((public.len(), public[0]), (65, 4), "an uncompressed point");
        let known = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        assert!(known.verify(unsigned.as_bytes(), &decoded(signature)).is_ok());
        let (head, claims) = unsigned.split_once('.').expect("two parts");
        assert_eq!(decoded(head), br#"{"typ":"JWT","alg":"ES256"}"#);
        assert_eq!(decoded(claims), br#"{"aud":"https://push.example.org"}"#);
        assert!(VapidKey::read(&kept[1..]).is_err() && AccountKey::read(&kept).is_err());
    }
}
