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
use crate::store::{folder, open, room};

#[derive(Serialize)]
struct Status {
    /// The version of the file; null where there is none.
    file: Option<i32>,
    /// The version of this program.
    program: i32,
    /// What is missing, in order.
    steps: Vec<PendingStep>,
    /// What has to be free where the data is, with the backup that is made before where it is on the same disk.
    bytes_needed: u64,
    /// What has to be free for that backup where it is on another disk.
    bytes_needed_for_backup: u64,
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
    let (data, backups) = (&config.data.dir, &config.backup.dir);
    let standing = open::standing(data, backups)?;
    let steps = standing.found.into_iter().flat_map(migrate::pending);
    let steps: Vec<PendingStep> = steps.map(|step| PendingStep { to: step.to, name: step.name }).collect();
    let demanded = |is_needed: bool, bytes| if is_needed { room::demanded(bytes) } else { 0 };
    let is_due = !steps.is_empty();
    Ok(Status {
        file: standing.found,
        program: SCHEMA_VERSION,
        steps,
        bytes_needed: demanded(is_due, standing.needed),
        bytes_needed_for_backup: demanded(is_due && !folder::is_same_disk(data, backups), standing.length),
    })
}

fn tell(status: &Status) -> Result<()> {
    let file = status.file.map_or_else(|| "none".to_owned(), |version| version.to_string());
    output::line(&format!("file     {file}"))?;
    output::line(&format!("program  {}", status.program))?;
    for step in &status.steps {
        output::line(&format!("step     {} {}", step.to, step.name))?;
    }
    let needed = size(status.bytes_needed);
    match (status.bytes_needed, status.bytes_needed_for_backup) {
        (0, _) => {}
        (_, 0) => output::line(&format!("room     {needed} free, also for the backup before"))?,
        (_, backup) => {
            let backup = size(backup);
            output::line(&format!(
                "room     {needed} free, and {backup} on the other disk for the backup before"
            ))?;
        }
    }
    Ok(())
}
