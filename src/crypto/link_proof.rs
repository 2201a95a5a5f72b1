//! Proof that the sender of a sealed message holds the channel's link, as the pages make it.

use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac::{self, HMAC_SHA256, Key};
use zeroize::Zeroizing;

/// What the key is derived for.
const INFO: &[u8] = b"peerbox link 1";

/// The 16 bytes that both holders of a link have and nobody else.
#[derive(Clone)]
pub struct LinkSecret(Zeroizing<[u8; 16]>);

impl LinkSecret {
    /// A secret of its bytes; `None` for another number of them.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The secret itself, to be kept sealed.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// The proof of what these parts make together.
    pub fn prove(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key());
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }

    /// Whether a proof is the one of these parts; takes as long for a wrong one.
    pub fn is_proven(&self, parts: &[&[u8]], proof: &[u8]) -> bool {
        hmac::verify(&self.key(), &parts.concat(), proof).is_ok()
    }

    #[expect(clippy::expect_used, reason = "32 bytes are what the algorithm gives")]
    fn key(&self) -> Key {
        let secret = Salt::new(HKDF_SHA256, &[]).extract(&*self.0);
        let mut bytes = Zeroizing::new([0; 32]);
        let output = secret.expand(&[INFO], HKDF_SHA256).expect("a length that the algorithm has");
        output.fill(&mut *bytes).expect("as many bytes as were asked for");
        Key::new(HMAC_SHA256, &*bytes)
    }
}
