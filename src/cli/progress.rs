//! How far a long command is, for whoever sits at the terminal.

use std::io::{IsTerminal, Write, stderr};

/// Tells in one line, which is written over.
#[derive(Default)]
pub(super) struct Progress {
    last: Option<u64>,
}

impl Progress {
    /// So much of so much is done; 0 where nobody knows how much there is.
    pub(super) fn tell(&mut self, done: u64, all: u64) {
        // More may come while it is done.
        let done = done.min(all);
        let Some(percent) = done.saturating_mul(100).checked_div(all) else { return };
        if self.last.replace(percent) != Some(percent) && stderr().is_terminal() {
            let end = if done >= all { "\n" } else { "" };
            // Nobody needs it.
            let _unwritten = write!(stderr(), "\r{percent:3} %{end}");
        }
    }
}
