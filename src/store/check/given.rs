//! Numbers that rows are called by are given once: the file remembers the last one of each table.

use crate::store::check::report::Report;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::migrate;
use crate::store::tx::ReadTx;

/// Above this, numbers would come to their end.
const MOST: i64 = 1 << 53;

/// Tables, with what of theirs may wait elsewhere to be removed when the row is gone: it would become that of another.
const WAITING: [(&str, &str); 2] = [
    ("channel", "select max(channel_id) from leftover"),
    (
        "token",
        "select max(reader)
           from (select reader from leftover
                 union all select reader from read_cursor
                 union all select reader from read_exception
                 union all select author from idempotency)",
    ),
];

/// Looks at each table that has such numbers.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for table in tables()? {
        let looked = last(tx, &table).and_then(|last| Ok((last, highest(tx, &table)?)));
        match looked {
            Ok((last, highest)) if (highest..=MOST).contains(&last.unwrap_or(0)) => {}
            Ok(_wrong) => report.values.push(format!("the last number that was given in {table} is none")),
            Err(error) => report.go_on_after("sqlite_sequence", Err(error))?,
        }
    }
    Ok(())
}

/// Sets those right that are wrong, and all above what still waits to be removed.
pub(super) fn mend(tx: &ReadTx<'_>) -> Result<(), StoreError> {
    const FORGET: &str = "delete from sqlite_sequence where name = ?1";
    const NOTE: &str = "insert into sqlite_sequence (name, seq) values (?1, ?2)";
    for table in tables()? {
        let waiting = WAITING.iter().find(|(name, _)| *name == table);
        let waiting: Option<i64> = waiting.map(|(_, sql)| tx.one(sql, [], value)).transpose()?.flatten();
        let known = last(tx, &table)?.filter(|last| *last <= MOST);
        let last = highest(tx, &table)?.max(known.unwrap_or(0)).max(waiting.unwrap_or(0));
        tx.connection().execute(FORGET, [&table])?;
        tx.connection().execute(NOTE, (&table, last))?;
    }
    Ok(())
}

fn tables() -> Result<impl Iterator<Item = String>, StoreError> {
    let ours = migrate::laid_out()?.into_iter();
    Ok(ours.filter(|object| object.sql.contains("autoincrement")).map(|table| table.name))
}

/// The last number that was given, so far as one is noted.
fn last(tx: &ReadTx<'_>, table: &str) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "select seq from sqlite_sequence where name = ?1 and typeof(seq) = 'integer'";
    tx.first(SQL, [table], value)
}

fn highest(tx: &ReadTx<'_>, table: &str) -> Result<i64, StoreError> {
    let sql = format!("select coalesce(max(rowid), 0) from {table}");
    Ok(tx.connection().query_row(&sql, [], |row| row.get(0))?)
}
