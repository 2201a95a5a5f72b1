//! Form tokens: proof that a form was on a page that this server gave to this browser.

use crate::crypto::{form_token, random};
use crate::domain::secret::SessionSecret;

/// What a form carries in its hidden field. Bound to the secret in the browser's cookie.
pub fn token(secret: &SessionSecret) -> String {
    form_token::of(secret).expose().to_owned()
}

/// Whether a form carried the token of this secret, compared in constant time.
pub fn matches(secret: &SessionSecret, presented: &str) -> bool {
    form_token::of(secret) == SessionSecret::new(presented)
}

/// A secret for the forms of somebody who is not signed in yet.
pub fn new_visit() -> SessionSecret {
    SessionSecret::from_random(&random::bytes())
}
