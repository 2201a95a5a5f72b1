//! The envelope into which a miner puts what it signs.

use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{Signature, VerifyingKey};

use crate::callbacks::hash::{decoded, sha256};
use crate::callbacks::kept;
use crate::callbacks::wire::Wire;

/// What an envelope says of who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// Nobody.
    Not,
    /// Whoever has this key.
    By(String),
    /// Not whoever has this key, or the report was changed since.
    Wrong(String),
    /// Why it cannot be judged.
    Unreadable(&'static str),
}

/// Judges the signature over what is in an envelope.
pub(super) fn judge(wire: &Wire<'_>) -> Signed {
    let (Some(signature), Some(key)) = (wire.signature.text(), wire.public_key.text()) else {
        return Signed::Not;
    };
    let payload = wire.payload.text().unwrap_or_default();
    let Some(verifier) = decoded(key).and_then(|key| VerifyingKey::from_sec1_bytes(&key).ok()) else {
        return Signed::Unreadable("its key is none of secp256k1");
    };
    let Some(signature) = decoded(signature).and_then(|bytes| Signature::from_der(&bytes).ok()) else {
        return Signed::Unreadable("it is no signature of ECDSA");
    };
    // Of the two forms of a signature the crate takes one, and miners write either.
    let is_right = verifier.verify_prehash(&sha256(payload.as_bytes()), &signature.normalize_s()).is_ok();
    if is_right { Signed::By(kept(key)) } else { Signed::Wrong(kept(key)) }
}
