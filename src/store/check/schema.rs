//! Checking that the file consists of what `schema.sql` says: a trigger that is gone damages nothing, and lets damage come,
//! and a foreign one may do anything.

use std::collections::BTreeMap;

use crate::store::check::report::Report;
use crate::store::error::StoreError;
use crate::store::migrate::{self, Object};
use crate::store::tx::ReadTx;

/// What Litestream makes in a file that it copies.
const OF_LITESTREAM: &str = "_litestream_";

/// Compares tables, indexes, views and triggers. False when there is no use in looking for rows.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<bool, StoreError> {
    let mut found = by_name(migrate::objects(tx.connection())?);
    let mut has_rows = true;
    for (object, sql) in by_name(migrate::laid_out()?) {
        match found.remove(&object) {
            Some(found) if found == sql => {}
            other => {
                let what = if other.is_some() { "another one" } else { "missing" };
                report.structure.push(format!("the {} {} is {what}", object.0, object.1));
                has_rows &= object.0 != "table" && object.0 != "view";
            }
        }
    }
    for ((kind, name), sql) in found {
        // It acts on whatever is written, or refuses it.
        let is_at_work = kind == "trigger" || sql.starts_with("CREATEUNIQUE");
        if !is_at_work && name.starts_with(OF_LITESTREAM) {
            continue;
        }
        let found = if is_at_work { &mut report.structure } else { &mut report.doubts };
        found.push(format!("the {kind} {name} was made by somebody else"));
    }
    Ok(has_rows)
}

/// By kind and name.
fn by_name(objects: Vec<Object>) -> BTreeMap<(String, String), String> {
    objects.into_iter().map(|object| ((object.kind, object.name), plain(&object.sql))).collect()
}

/// The text without what makes no difference: comments, spaces, quotes. An upgraded file has others than a new one.
fn plain(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.flat_map(str::chars).filter(|character| !character.is_whitespace() && *character != '"').collect()
}
