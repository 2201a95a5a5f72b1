//! Writing what can be read of a damaged file into a new one, laid out as `schema.sql` says. Indexes and triggers are made
//! anew, and foreign ones stay behind.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Statement, params_from_iter};

use crate::store::backups::copy;
use crate::store::backups::error::BackupError;
use crate::store::check::Faults;
use crate::store::error::StoreError;
use crate::store::{folder, migrate, pages, space};

/// How often a table is looked into between rows that cannot be read. A damaged page takes a few of these.
const LOOKS: u32 = 10_000;

/// How far beyond the last row that was read others are looked for, where the end of the table cannot be read.
const FAR: i64 = 1 << 24;

/// Writes the tables of one file into another, which is made. Answers what of them could not be read.
pub(super) fn write_anew(damaged: &Connection, file: &Path) -> Result<Faults, BackupError> {
    folder::private().open(file).map_err(BackupError::file(file))?;
    let mut to = copy::connect_new(file)?;
    to.pragma_update(None, "page_size", pages::page(damaged)?.cast_signed())?;
    space::prepare(&to)?;
    to.pragma_update(None, "foreign_keys", false)?;
    let mut lost = Faults::default();
    let transaction = to.transaction()?;
    let (tables, others): (Vec<_>, Vec<_>) =
        migrate::laid_out()?.into_iter().partition(|object| object.kind == "table");
    for table in &tables {
        transaction.execute_batch(&table.sql)?;
        Table::of(&transaction, &table.name)?.take_over(damaged, &transaction, &mut lost)?;
    }
    numbers_given(damaged, &transaction, &mut lost)?;
    for other in &others {
        transaction.execute_batch(&other.sql)?;
    }
    migrate::mark(&transaction)?;
    transaction.commit()?;
    to.close().map_err(|(_connection, error)| error)?;
    Ok(lost)
}

/// Numbers that were given are not given again, also when nothing has them any more.
fn numbers_given(damaged: &Connection, to: &Connection, lost: &mut Faults) -> Result<(), StoreError> {
    const GIVEN: &str = "select name, seq from sqlite_sequence";
    const NOTE: &str = "insert into sqlite_sequence (name, seq) select ?1, ?2
                         where not exists (select 1 from sqlite_sequence where name = ?1)";
    const RAISE: &str = "update sqlite_sequence set seq = max(seq, ?2) where name = ?1";
    let read = || -> rusqlite::Result<BTreeMap<String, i64>> {
        damaged.prepare(GIVEN)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    match read() {
        Ok(given) => {
            for (name, last) in given {
                to.execute(NOTE, (&name, last))?;
                to.execute(RAISE, (&name, last))?;
            }
        }
        Err(_unreadable) => lost.push("which numbers were given could not be read".to_owned()),
    }
    Ok(())
}

/// A table of the new file, with what tells its rows apart.
struct Table<'a> {
    name: &'a str,
    columns: Vec<String>,
    /// Of the key; the first of them is a number in every table.
    keys: Vec<String>,
}

/// Rows of which the first column of the key lies between these two, which belong to them.
type Span = (i64, i64);

/// Where reading a span was broken off: the last key before it.
type BrokenOff = Option<i64>;

impl<'a> Table<'a> {
    fn of(connection: &Connection, name: &'a str) -> Result<Self, StoreError> {
        const COLUMNS: &str = "select name from pragma_table_info(?1) order by cid";
        const KEYS: &str = "select name from pragma_table_info(?1) where pk > 0 order by pk";
        let names = |sql| -> rusqlite::Result<Vec<String>> {
            connection.prepare(sql)?.query_map([name], |row| row.get(0))?.collect()
        };
        Ok(Self { name, columns: names(COLUMNS)?, keys: names(KEYS)? })
    }

    fn take_over(&self, from: &Connection, to: &Connection, lost: &mut Faults) -> Result<(), StoreError> {
        let Self { name, columns, keys } = self;
        // Nothing but the key could be trusted to find rows by: indexes may be what is damaged.
        let select = |down: &str| {
            let order: Vec<_> = keys.iter().map(|key| format!("{key}{down}")).collect();
            format!(
                "select {key}, {columns} from {name} where {key} between ?1 and ?2 order by {order}",
                key = keys[0],
                columns = columns.join(", "),
                order = order.join(", ")
            )
        };
        let places = vec!["?"; columns.len()].join(", ");
        let insert = format!("insert into {name} ({}) values ({places})", columns.join(", "));
        let (Ok(mut up), Ok(mut down)) = (from.prepare(&select("")), from.prepare(&select(" desc"))) else {
            lost.push(format!(
                "the table {name} is missing or another one, so that nothing of it could be read"
            ));
            return Ok(());
        };
        let mut writing = Writing { insert: to.prepare(&insert)?, refused: 0 };
        let mut spans = VecDeque::from([(0, i64::MAX)]);
        let mut end = i64::MAX;
        let (mut looks, mut unread) = (0, Vec::new());
        while let Some((low, high)) = spans.pop_front() {
            let Some(below) = writing.take_over(&mut up, (low, high))? else { continue };
            let Some(above) = writing.take_over(&mut down, (below.unwrap_or(low), high))? else { continue };
            looks += 1;
            let low = below.map_or(low, |below| below + 1);
            if high == end && above.is_none() {
                end = high.min(low.saturating_add(FAR));
            }
            let high = above.map_or_else(|| high.min(end), |above| above - 1);
            if low > high && keys.len() == 1 {
                // Rows side by side: nothing was between them.
            } else if low >= high || looks > LOOKS {
                unread.push((low.min(high), low.max(high)));
            } else {
                let middle = low + (high - low) / 2;
                spans.extend([(low, middle), (middle + 1, high)]);
            }
        }
        for (low, high) in joined(unread) {
            let which = match high {
                _ if high == end => format!("from {low} on"),
                _ if high == low => low.to_string(),
                _ => format!("from {low} to {high}"),
            };
            lost.push(format!("rows of {name} with {} {which} could not be read", keys[0]));
        }
        if writing.refused > 0 {
            lost.push(format!("rows of {name} that do not fit there: {}", writing.refused));
        }
        Ok(())
    }
}

/// Rows on their way into the new file.
struct Writing<'a> {
    insert: Statement<'a>,
    /// Rows that do not fit: of a wrong type, or doubled.
    refused: u64,
}

impl Writing<'_> {
    /// Takes rows over until the end of the span, for which it answers `None`, or until one cannot be read.
    fn take_over(&mut self, from: &mut Statement<'_>, span: Span) -> Result<Option<BrokenOff>, StoreError> {
        let columns = from.column_count();
        let mut last = None;
        let mut rows = match from.query(span) {
            Ok(rows) => rows,
            Err(error) => return broken_off(error, last),
        };
        loop {
            match rows.next() {
                Ok(None) => return Ok(None),
                Ok(Some(row)) => {
                    let values = (1..columns).map(|column| row.get(column));
                    let values: rusqlite::Result<Vec<Value>> = values.collect();
                    match values.and_then(|values| self.insert.execute(params_from_iter(values))) {
                        Ok(_one) => {}
                        Err(error) if is_there(&error) => {}
                        Err(error)
                            if error
                                .sqlite_error_code()
                                .is_none_or(|code| code == ErrorCode::ConstraintViolation) =>
                        {
                            self.refused += 1;
                        }
                        Err(error) => return Err(error.into()),
                    }
                    last = row.get(0).ok().or(last);
                }
                Err(error) => return broken_off(error, last),
            }
        }
    }
}

fn broken_off(error: rusqlite::Error, last: BrokenOff) -> Result<Option<BrokenOff>, StoreError> {
    match error.into() {
        StoreError::Damaged(_) => Ok(Some(last)),
        error => Err(error),
    }
}

/// The row was taken over already, from the other end.
fn is_there(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID))
}

/// Spans that lie side by side as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let beside = next.0 <= before.1.saturating_add(1);
        if beside {
            before.1 = before.1.max(next.1);
        }
        beside
    });
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_side_by_side_are_one() {
        let spans = vec![(7, 7), (1, 2), (3, 3), (9, 12), (8, 8), (20, i64::MAX), (30, 31)];
        assert_eq!(joined(spans), [(1, 3), (7, 12), (20, i64::MAX)]);
    }

    #[test]
    fn rows_that_do_not_fit_are_left_out_and_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let damaged = Connection::open_in_memory().expect("a database");
        let loose = "create table star (channel_id, sequence);
                     insert into star values (1, 1), (1, 2), (1, 2), ('one', 3), (1, null), (2, 9);";
        damaged.execute_batch(loose).expect("rows");
        let anew = folder.path().join("anew.db");
        let lost = write_anew(&damaged, &anew).expect("a file");
        let lost: Vec<_> = lost.in_words().collect();
        assert!(lost.contains(&"rows of star that do not fit there: 1".to_owned()), "{lost:?}");
        assert!(lost.iter().any(|fault| fault.starts_with("the table message is missing")), "{lost:?}");
    }
}
