//! What asking the server brings.

use crate::doctor::client::DoorAnswer;
use crate::doctor::seen::Seen;

/// What was learned of the server by asking it.
#[derive(Default)]
pub(super) struct Asked {
    /// How a request came in by a listener.
    pub(super) inside: Option<Seen>,
    /// How one came in by the public address, where there is one.
    pub(super) outside: Option<Result<(Seen, DoorAnswer), String>>,
    /// What the listener showed over TLS.
    pub(super) shown: Option<Vec<u8>>,
}
