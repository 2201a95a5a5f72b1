//! What a look at one thing found, and what to do about it.

use crate::domain::text::in_one_line;

/// Room for the longest sentence with a path in it.
const MOST_CHARS: usize = 1000;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Good,
    /// It may be wanted so.
    Note,
    Bad,
}

impl State {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    pub state: State,
    /// What was found, in a sentence without a full stop.
    pub says: String,
    /// What to do, where something should be done.
    pub fix: Option<String>,
}

impl Finding {
    pub(super) fn good(what: &'static str, says: impl Into<String>) -> Self {
        Self::of(what, State::Good, &says.into(), None)
    }

    pub(super) fn note(what: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::of(what, State::Note, &says.into(), Some(fix.into()))
    }

    pub(super) fn bad(what: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::of(what, State::Bad, &says.into(), Some(fix.into()))
    }

    /// What is said may hold what a proxy or an authority wrote.
    fn of(what: &'static str, state: State, says: &str, fix: Option<String>) -> Self {
        Self { what, state, says: in_one_line(says, MOST_CHARS), fix }
    }
}
