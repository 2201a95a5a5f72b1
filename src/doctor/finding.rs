//! What a look at one thing found, and what to do about it.

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
        Self { what, state: State::Good, says: says.into(), fix: None }
    }

    pub(super) fn note(what: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, state: State::Note, says: says.into(), fix: Some(fix.into()) }
    }

    pub(super) fn bad(what: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, state: State::Bad, says: says.into(), fix: Some(fix.into()) }
    }
}
