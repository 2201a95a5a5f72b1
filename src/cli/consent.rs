//! The question before something that cannot be undone.

use std::io::{IsTerminal, stdin};

use anyhow::{Result, bail};

use crate::cli::arguments::Consent;
use crate::cli::exit::CommandError;
use crate::cli::output;

/// Goes on only with `--yes`, or when the person at the terminal says so.
pub(super) fn ask(consent: &Consent, what: &str) -> Result<()> {
    if consent.yes {
        return Ok(());
    }
    if !stdin().is_terminal() {
        bail!(CommandError::Usage(format!("to delete {what}, pass --yes")));
    }
    output::say(&format!("Delete {what}? It cannot be undone. Type yes to go on:"));
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { bail!(CommandError::NoConsent) }
}
