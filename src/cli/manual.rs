//! What the program says about itself: versions, manual pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::cli::arguments::{Arguments, Listing};
use crate::cli::output;
use crate::store;
use crate::web::frame::script_hashes;

#[derive(Serialize)]
struct Versions {
    version: &'static str,
    schema: i32,
    sqlite: &'static str,
}

#[derive(Serialize)]
struct Assets {
    all: String,
    each: BTreeMap<String, String>,
}

pub(super) fn version(form: Listing) -> Result<()> {
    let versions = Versions {
        version: env!("CARGO_PKG_VERSION"),
        schema: store::SCHEMA_VERSION,
        sqlite: store::sqlite_version(),
    };
    if form.json {
        return output::json(&versions);
    }
    output::line(&format!(
        "peerbox {} (schema {}, SQLite {})",
        versions.version, versions.schema, versions.sqlite
    ))
}

/// The hashes of the pages' scripts: what `/about` shows, of a program that somebody trusts.
pub(super) fn assets(form: Listing) -> Result<()> {
    let scripts = script_hashes::scripts();
    let lines = script_hashes::lines(&scripts);
    let all = script_hashes::hash_of(&lines);
    if form.json {
        let each: BTreeMap<_, _> = scripts.into_iter().map(|script| (script.name, script.hash)).collect();
        return output::json(&Assets { all, each });
    }
    output::raw(lines.as_bytes())?;
    output::say(&format!("All scripts, which is the SHA-256 of these lines: {all}"));
    Ok(())
}

/// Prints the page of the program, or writes one page for each command into a folder.
pub(super) fn pages(folder: Option<&Path>) -> Result<()> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command_of_pages()).render(&mut page)?;
        return output::raw(&page);
    };
    let unwritable = || format!("cannot write into {}", folder.display());
    fs::create_dir_all(folder).with_context(unwritable)?;
    clap_mangen::generate_to(Arguments::command_of_pages(), folder).with_context(unwritable)
}
