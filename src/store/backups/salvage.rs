//! Writing what can be read of a damaged file into a new one, laid out as `schema.sql` says. Indexes and triggers are made
//! anew, and foreign ones stay behind.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Statement, params_from_iter};

use crate::store::backups::copy;
use crate::store::backups::error::BackupError;
use crate::store::check::Faults;
use crate::store::error::StoreError;
use crate::store::{folder, migrate, pages, space};

/// The least number in a key: readers who are no token of the channel are below zero.
const LEAST: i64 = -2;

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
    const GIVEN: &str = "select name, seq from sqlite_sequence where typeof(seq) = 'integer'";
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
    /// What rows are looked for by, and lie in the order of: the key, as far as it is numbers. Indexes may be what is damaged.
    keys: Vec<String>,
}

/// Rows of which the first numbers of the key are `within`, and the next one lies between two, which belong to them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    within: Vec<i64>,
    low: i64,
    high: i64,
    /// Nothing is known of what comes behind it.
    is_last: bool,
}

impl Span {
    /// All rows that begin with these numbers.
    fn all(within: Vec<i64>) -> Self {
        Self { within, low: LEAST, high: i64::MAX, is_last: true }
    }

    /// The same, with one number more.
    fn all_of(&self, number: i64) -> Self {
        Self::all([self.within.as_slice(), &[number]].concat())
    }

    fn between(&self, low: i64, high: i64, is_last: bool) -> Self {
        Self { within: self.within.clone(), low, high, is_last }
    }
}

/// Where reading a span was broken off: the last number before it.
type BrokenOff = Option<i64>;

impl<'a> Table<'a> {
    fn of(connection: &Connection, name: &'a str) -> Result<Self, StoreError> {
        const COLUMNS: &str = "select name from pragma_table_info(?1) order by cid";
        const KEYS: &str =
            "select name, type like 'integer' from pragma_table_info(?1) where pk > 0 order by pk";
        const HAS_ROWIDS: &str = "select not wr from pragma_table_list where schema = 'main' and name = ?1";
        let columns =
            connection.prepare(COLUMNS)?.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let keys: Vec<(String, bool)> = connection
            .prepare(KEYS)?
            .query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let has_rowids: bool = connection.query_row(HAS_ROWIDS, [name], |row| row.get(0))?;
        let keys = if has_rowids && keys.len() > 1 {
            vec!["rowid".to_owned()]
        } else {
            keys.into_iter().take_while(|(_key, is_number)| *is_number).map(|(key, _)| key).collect()
        };
        Ok(Self { name, columns, keys })
    }

    /// Reads the rows of a span, by as many numbers as it is within and one.
    fn select(&self, level: usize, down: &str) -> String {
        let Self { name, columns, keys } = self;
        let within: Vec<_> = keys[..level].iter().map(|key| format!("{key} = ? and ")).collect();
        let order: Vec<_> = keys.iter().map(|key| format!("{key}{down}")).collect();
        format!(
            "select {key}, {columns} from {name} where {within}{key} between ? and ? order by {order}",
            within = within.concat(),
            key = keys[level],
            columns = columns.join(", "),
            order = order.join(", ")
        )
    }

    fn take_over(&self, from: &Connection, to: &Connection, lost: &mut Faults) -> Result<(), StoreError> {
        let Self { name, columns, keys } = self;
        let prepared = |down| (0..keys.len()).map(|level| from.prepare(&self.select(level, down))).collect();
        let (up, down): (Result<Vec<_>, _>, Result<Vec<_>, _>) = (prepared(""), prepared(" desc"));
        let (Ok(mut up), Ok(mut down)) = (up, down) else {
            lost.push(format!(
                "the table {name} is missing or another one, so that nothing of it could be read"
            ));
            return Ok(());
        };
        let places = vec!["?"; columns.len()].join(", ");
        let insert = format!("insert into {name} ({}) values ({places})", columns.join(", "));
        let mut writing = Writing { insert: to.prepare(&insert)?, refused: 0 };
        let mut spans = VecDeque::from([Span::all(Vec::new())]);
        let (mut looks, mut unread) = (0, Vec::new());
        while let Some(span) = spans.pop_front() {
            let level = span.within.len();
            let (up, down) = (&mut up[level], &mut down[level]);
            let Some(below) = writing.take_over(up, &span)? else { continue };
            looks += 1;
            let rest = span.between(below.unwrap_or(span.low), span.high, span.is_last);
            let Some(above) = writing.read(down, &rest, |_rows, _values| Ok(()))? else {
                writing.take_over_all(up, down, &rest)?;
                continue;
            };
            if let Some(above) = above {
                writing.take_over_all(up, down, &span.between(above, span.high, span.is_last))?;
            }
            let is_last = span.is_last && above.is_none();
            let low = below.map_or(span.low, |below| below + 1);
            let end = if is_last { span.high.min(low.saturating_add(FAR)) } else { span.high };
            let high = above.map_or(end, |above| above - 1);
            if level + 1 < keys.len() {
                // Of these two, some rows may be among those that cannot be read.
                let edges: BTreeSet<_> = [below, above].into_iter().flatten().collect();
                spans.extend(edges.into_iter().map(|edge| span.all_of(edge)));
            }
            match low.cmp(&high) {
                // Nothing was between them.
                Ordering::Greater => {}
                Ordering::Equal if level + 1 < keys.len() => spans.push_back(span.all_of(low)),
                Ordering::Less if looks <= LOOKS => {
                    let middle = low + (high - low) / 2;
                    spans.push_back(span.between(low, middle, false));
                    spans.push_back(span.between(middle + 1, high, is_last));
                }
                _ => unread.push(span.between(low, high, is_last)),
            }
        }
        for span in joined(unread) {
            lost.push(format!("rows of {name} with {} could not be read", self.named(&span)));
        }
        if writing.refused > 0 {
            lost.push(format!("rows of {name} that do not fit there: {}", writing.refused));
        }
        Ok(())
    }

    /// What the rows of a span have in common.
    fn named(&self, span: &Span) -> String {
        let Span { within, low, high, is_last } = span;
        let last = match high {
            _ if *is_last => format!("from {low} on"),
            high if high == low => low.to_string(),
            _ => format!("from {low} to {high}"),
        };
        let numbers = within.iter().map(i64::to_string).chain([last]);
        let named: Vec<_> =
            self.keys.iter().zip(numbers).map(|(key, number)| format!("{key} {number}")).collect();
        named.join(" and ")
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
    fn take_over(&mut self, from: &mut Statement<'_>, span: &Span) -> Result<Option<BrokenOff>, StoreError> {
        self.read(from, span, Self::write)
    }

    /// Takes over a span that was read from its end. Not in that order, in which pages would stay half empty, unless only that
    /// can be read.
    fn take_over_all(
        &mut self,
        up: &mut Statement<'_>,
        down: &mut Statement<'_>,
        span: &Span,
    ) -> Result<(), StoreError> {
        if let Some(below) = self.take_over(up, span)? {
            self.take_over(down, &span.between(below.unwrap_or(span.low), span.high, span.is_last))?;
        }
        Ok(())
    }

    /// Reads rows until the end of the span, for which it answers `None`, or until one cannot be read.
    fn read(
        &mut self,
        from: &mut Statement<'_>,
        span: &Span,
        mut to: impl FnMut(&mut Self, Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<Option<BrokenOff>, StoreError> {
        let columns = from.column_count();
        let mut last = None;
        let mut rows = match from.query(params_from_iter(span.within.iter().chain([&span.low, &span.high]))) {
            Ok(rows) => rows,
            Err(error) => return broken_off(error, last),
        };
        loop {
            match rows.next() {
                Ok(None) => return Ok(None),
                Ok(Some(row)) => {
                    let values = (1..columns).map(|column| row.get(column));
                    match values.collect::<rusqlite::Result<Vec<Value>>>() {
                        Ok(values) => to(self, values)?,
                        Err(_no_text) => self.refused += 1,
                    }
                    last = row.get(0).ok().or(last);
                }
                Err(error) => return broken_off(error, last),
            }
        }
    }

    fn write(&mut self, values: Vec<Value>) -> Result<(), StoreError> {
        match self.insert.execute(params_from_iter(values)) {
            Err(error) if is_there(&error) => {}
            Err(error)
                if error.sqlite_error_code().is_none_or(|code| code == ErrorCode::ConstraintViolation) =>
            {
                self.refused += 1;
            }
            written => {
                written?;
            }
        }
        Ok(())
    }
}

fn broken_off(error: rusqlite::Error, last: BrokenOff) -> Result<Option<BrokenOff>, StoreError> {
    match error.into() {
        StoreError::Damaged(_) => Ok(Some(last)),
        error => Err(error),
    }
}

/// The row was taken over already.
fn is_there(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID))
}

/// Spans that lie side by side as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let is_beside = next.within == before.within && next.low <= before.high.saturating_add(1);
        if is_beside {
            before.high = before.high.max(next.high);
            before.is_last |= next.is_last;
        }
        is_beside
    });
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_side_by_side_are_one() {
        let span =
            |within: &[i64], low, high| Span { within: within.to_vec(), low, high, is_last: high > 99 };
        let spans = vec![
            span(&[], 7, 7),
            span(&[], 1, 2),
            span(&[2], 4, 5),
            span(&[], 3, 3),
            span(&[], 9, 100),
            span(&[], 8, 8),
            span(&[], 30, 31),
            span(&[2], 1, 3),
        ];
        assert_eq!(joined(spans), [span(&[], 1, 3), span(&[], 7, 100), span(&[2], 1, 5)]);
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
