//! What a look at the installation found, as a page shows it.

use crate::doctor::{Finding, State};
use crate::web::words::quoted::{QuotedPiece, pieces};

/// A finding in words.
pub struct FindingRow {
    pub what: &'static str,
    pub tone: &'static str,
    pub word: &'static str,
    pub says: Vec<QuotedPiece>,
    pub fix: Option<Vec<QuotedPiece>>,
}

impl From<Finding> for FindingRow {
    fn from(finding: Finding) -> Self {
        let Finding { what, state, says, fix } = finding;
        let tone = match state {
            State::Good => "ok",
            State::Note => "warn",
            State::Bad => "danger",
        };
        Self { what, tone, word: state.word(), says: pieces(&says), fix: fix.as_deref().map(pieces) }
    }
}
