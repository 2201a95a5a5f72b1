//! `check`: is the file sound, down to every sealed value.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::Listing;
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::domain::plural::counted;
use crate::store::check;

#[derive(Serialize)]
struct Findings {
    sealed_values: u64,
    faults: Vec<String>,
    doubts: Vec<String>,
}

pub(super) fn run(invocation: &Invocation, form: Listing) -> Result<()> {
    let report = invocation.look(check::run)?;
    let count = report.faults();
    let faults = report.structure.in_words().chain(report.values.in_words()).collect();
    let findings =
        Findings { sealed_values: report.opened, faults, doubts: report.doubts.in_words().collect() };
    if form.json {
        output::json(&findings)?;
    } else {
        for fault in &findings.faults {
            output::line(fault)?;
        }
        for doubt in &findings.doubts {
            output::say(doubt);
        }
    }
    match count {
        0 => {
            output::say(&format!(
                "sound: integrity, nothing missing, {} opened",
                counted(findings.sealed_values, "sealed value")
            ));
            Ok(())
        }
        count => bail!(CommandError::Damaged(count)),
    }
}
