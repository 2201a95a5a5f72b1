//! Checking that the file consists of what `schema.sql` says: a trigger that is gone damages nothing, and lets damage come,
//! and a foreign one may do anything.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::store::check::report::Report;
use crate::store::error::StoreError;
use crate::store::migrate::SCHEMA;
use crate::store::tx::ReadTx;

/// What Litestream makes in a file that it copies.
const OF_LITESTREAM: &str = "_litestream_";

/// Compares tables, indexes, views and triggers. False when there is no use in looking for rows.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<bool, StoreError> {
    let model = Connection::open_in_memory()?;
    model.execute_batch(SCHEMA)?;
    let mut found = objects(tx.connection())?;
    let mut has_rows = true;
    for (object, sql) in objects(&model)? {
        match found.remove(&object) {
            Some(found) if found == sql => {}
            Some(_) => report.structure.push(format!("the {} {} is another one", object.0, object.1)),
            None => {
                report.structure.push(format!("the {} {} is missing", object.0, object.1));
                has_rows &= object.0 != "table" && object.0 != "view";
            }
        }
    }
    for (kind, name) in found.into_keys() {
        // It acts on whatever is written.
        let is_at_work = kind == "trigger";
        if !is_at_work && name.starts_with(OF_LITESTREAM) {
            continue;
        }
        let found = if is_at_work { &mut report.structure } else { &mut report.doubts };
        found.push(format!("the {kind} {name} was made by somebody else"));
    }
    Ok(has_rows)
}

/// What there is, by kind and name.
fn objects(connection: &Connection) -> Result<BTreeMap<(String, String), String>, StoreError> {
    let sql = "select type, name, sql from sqlite_schema where sql is not null";
    let mut statement = connection.prepare(sql)?;
    let objects = statement.query_map([], |row| {
        Ok(((row.get::<_, String>(0)?, row.get::<_, String>(1)?), plain(&row.get::<_, String>(2)?)))
    })?;
    Ok(objects.collect::<Result<_, _>>()?)
}

/// The text without what makes no difference: comments, spaces, quotes. An upgraded file has others than a new one.
fn plain(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.flat_map(str::chars).filter(|character| !character.is_whitespace() && *character != '"').collect()
}
