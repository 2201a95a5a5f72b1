//! What a person was sent, in a browser or by e-mail.

use crate::domain::time::Timestamp;
use crate::domain::webhook::Outcome;

/// Tries to tell one browser, or one mailbox, that are remembered.
pub const TELLINGS_KEPT: u32 = 20;

/// A try to tell of what is unread.
#[derive(Debug, Clone)]
pub struct Telling {
    pub at: Timestamp,
    /// Unread messages that it told of, as far as they were counted; 0 for a test.
    pub messages: u64,
    pub outcome: Outcome,
    /// Of the answer, if there was one and it has any.
    pub status: Option<u16>,
    /// The beginning of the answer, or why there is none.
    pub answer: String,
}
