//! `check`: is the file sound, down to every sealed value.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::Listing;
use crate::cli::exit::Refusal;
use crate::cli::open::Session;
use crate::cli::output;
use crate::store::check;

#[derive(Serialize)]
struct Findings {
    sealed_values: u64,
    faults: Vec<String>,
}

pub(super) fn run(session: &Session, form: Listing) -> Result<()> {
    let report = session.look(check::run)?;
    let findings = Findings { sealed_values: report.opened, faults: report.faults };
    if form.json {
        output::json(&findings)?;
    } else {
        for fault in &findings.faults {
            output::line(fault)?;
        }
    }
    match findings.faults.len() {
        0 => {
            output::say(&format!(
                "sound: integrity, nothing missing, {} sealed values opened",
                findings.sealed_values
            ));
            Ok(())
        }
        count => bail!(Refusal::Damaged(count)),
    }
}
