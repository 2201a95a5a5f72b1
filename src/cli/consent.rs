//! The question before something that cannot be undone, or that everybody notices.

use std::io::{IsTerminal, stdin};

use anyhow::{Result, bail};

use crate::cli::arguments::Consent;
use crate::cli::exit::CommandError;
use crate::cli::output;

/// Goes on only with `--yes`, or when the person at the terminal says so.
pub(super) fn ask_to_delete(consent: &Consent, what: &str) -> Result<()> {
    ask(consent.yes, &format!("delete {what}"), &format!("Delete {what}? It cannot be undone."))
}

/// The same with a question of its own. `what` is to be done, in the imperative.
pub(super) fn ask(yes: bool, what: &str, question: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !stdin().is_terminal() {
        bail!(CommandError::Usage(format!("to {what}, pass --yes")));
    }
    output::say(&format!("{question} Type yes to go on:"));
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { bail!(CommandError::NoConsent) }
}
