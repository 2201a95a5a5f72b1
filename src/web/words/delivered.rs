//! What somebody was sent, as a table shows it.

use crate::domain::time::Timestamp;
use crate::domain::webhook::Outcome;
use crate::web::words::format::{Now, When, count};

/// A line of it.
pub struct Delivered {
    pub at: When,
    pub what: String,
    pub tone: &'static str,
    pub word: &'static str,
    /// Of the answer, if there was one that has any.
    pub status: Option<u16>,
    pub answer: String,
}

impl Delivered {
    /// No messages are a test.
    pub fn new(now: Now<'_>, at: Timestamp, messages: u64, outcome: Outcome, answer: String) -> Self {
        let (tone, word) = said(outcome);
        let what = if messages == 0 { "A test".to_owned() } else { count(messages, "unread message") };
        Self { at: When::new(at, now), what, tone, word, status: None, answer }
    }
}

/// Its colour, and its word.
pub fn said(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Taken => ("ok", "Delivered"),
        Outcome::Failed => ("warn", "Failed"),
        Outcome::PassedOver => ("warn", "Not taken"),
    }
}
