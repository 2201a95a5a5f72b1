//! Form tokens: what a page of ours must send back with a form, so that pages of others cannot send it. Which forms
//! must carry one is told in `web::frame::forms`.

use crate::crypto::random;
use crate::domain::secret::SessionSecret;

/// The token that belongs to a secret in a browser's cookie, for a hidden field. It tells nothing about the secret.
pub fn token(secret: &SessionSecret) -> String {
    derived(secret).expose().to_owned()
}

/// Whether a form carried the token of this secret, compared in constant time.
pub fn matches(secret: &SessionSecret, presented: &str) -> bool {
    derived(secret) == SessionSecret::new(presented)
}

/// A secret for the forms of somebody who is not signed in yet.
pub fn new_visit() -> SessionSecret {
    SessionSecret::from_random(&random::bytes())
}

/// How many bytes longer a compressed page is made, so that its length tells little of the token and of all else on it.
pub fn padding() -> usize {
    let [any] = random::bytes();
    usize::from(any) % 100
}

fn derived(secret: &SessionSecret) -> SessionSecret {
    SessionSecret::from_random(&blake3::derive_key("peerbox 2026-11 form token", secret.expose().as_bytes()))
}

/// What makes one form unlike every other, so that it is carried out once however often it is sent.
pub fn new_key() -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(random::bytes::<12>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_has_its_own_token() {
        let (one, other) = (SessionSecret::new("one"), SessionSecret::new("other"));
        assert!(matches(&one, &token(&one)));
        assert!(!matches(&one, &token(&other)));
        assert!(!matches(&one, one.expose()), "the secret itself is no token");
    }
}
