//! Form tokens: what a page of ours must send back with a form, so that pages of others cannot send it.

use crate::domain::secret::SessionSecret;

/// The token that belongs to a secret in a cookie. Knowing the token tells nothing about the secret.
pub fn of(secret: &SessionSecret) -> SessionSecret {
    let key = blake3::derive_key("peerbox 2026-11 form token", secret.expose().as_bytes());
    SessionSecret::from_random(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_has_its_own_token() {
        let (one, other) = (SessionSecret::new("one"), SessionSecret::new("other"));
        assert!(of(&one) == of(&one));
        assert!(of(&one) != of(&other));
        assert!(of(&one) != one);
    }
}
