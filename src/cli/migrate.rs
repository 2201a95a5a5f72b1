//! `migrate`: what stands between the file and this program, and the steps over it.

use anyhow::Result;
use serde::Serialize;

use crate::cli::arguments::Migrate;
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::config::Config;
use crate::domain::size::size;
use crate::store::backups;
use crate::store::migrate::{self, SCHEMA_VERSION};
use crate::store::open;

#[derive(Serialize)]
struct Status {
    /// The version of the file; null where there is none.
    file: Option<i32>,
    /// The version of this program.
    program: i32,
    /// What is missing, in order.
    steps: Vec<PendingStep>,
    /// The room that the steps take at most, with the backup that is made before where it is on the same disk.
    bytes_needed: u64,
}

#[derive(Serialize)]
struct PendingStep {
    to: i32,
    name: &'static str,
}

pub(super) async fn run(invocation: Invocation, what: Migrate) -> Result<()> {
    let config = &invocation.config;
    let status = status(config)?;
    if what.status || what.dry_run {
        if what.listing.json {
            output::json(&status)?;
        } else {
            tell(&status)?;
        }
        if what.dry_run {
            backups::require_update_possible(config)?;
        }
        return Ok(());
    }
    // Whoever opens it brings it up to date.
    invocation.with_store(async |_store| Ok(())).await?;
    if status.steps.is_empty() {
        output::say("the database is up to date already");
    } else {
        output::say(&format!("the database has version {SCHEMA_VERSION} now"));
    }
    Ok(())
}

fn status(config: &Config) -> Result<Status> {
    let standing = open::standing(&config.data.dir, &config.backup.dir)?;
    let steps = standing.found.into_iter().flat_map(migrate::pending);
    let steps: Vec<PendingStep> = steps.map(|step| PendingStep { to: step.to, name: step.name }).collect();
    let bytes_needed = if steps.is_empty() { 0 } else { standing.needed };
    Ok(Status { file: standing.found, program: SCHEMA_VERSION, steps, bytes_needed })
}

fn tell(status: &Status) -> Result<()> {
    let file = status.file.map_or_else(|| "none".to_owned(), |version| version.to_string());
    output::line(&format!("file     {file}"))?;
    output::line(&format!("program  {}", status.program))?;
    for step in &status.steps {
        output::line(&format!("step     {} {}", step.to, step.name))?;
    }
    if !status.steps.is_empty() {
        output::line(&format!("room     {} at most, with the backup before", size(status.bytes_needed)))?;
    }
    Ok(())
}
