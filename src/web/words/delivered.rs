//! What somebody was sent, as a table shows it.

use crate::domain::telling::Telling;
use crate::domain::webhook::Outcome;
use crate::web::words::format::{Now, When, count};

/// A line of it.
pub struct Delivered {
    pub at: When,
    pub what: String,
    pub tone: &'static str,
    pub word: &'static str,
    pub status: Option<u16>,
    pub answer: String,
}

impl Delivered {
    pub fn new(now: Now<'_>, one: Telling) -> Self {
        let (tone, word) = said(one.outcome);
        // No messages are a test.
        let what =
            if one.messages == 0 { "A test".to_owned() } else { count(one.messages, "unread message") };
        Self { at: When::new(one.at, now), what, tone, word, status: one.status, answer: one.answer }
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
