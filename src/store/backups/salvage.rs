//! Writing what can be read of a damaged file into a new one, laid out as `schema.sql` says. Indexes and triggers are made
//! anew, and foreign ones stay behind.

use std::collections::BTreeMap;
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

/// How far a step may go beyond what cannot be read: this part of the way until there.
const GRAIN: i64 = 256;

/// How many numbers that follow are looked into, of which the first row cannot be read and others may.
const NEAR: i64 = 64;

/// How often a table is looked into for the next row that can be read: for some minutes.
const MOST_LOOKS: u32 = 5_000_000;

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

/// Where a row is: the numbers of its key.
type Place = Vec<i64>;

/// A table of the new file, with what tells its rows apart.
struct Table<'a> {
    name: &'a str,
    columns: Vec<String>,
    /// What rows are looked for by, and lie in the order of: the key, as far as it is numbers. Indexes may be what is damaged.
    keys: Vec<String>,
}

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

    /// Takes over all rows that can be read, from the first to the last.
    fn take_over(&self, from: &Connection, to: &Connection, lost: &mut Faults) -> Result<(), StoreError> {
        let Self { name, columns, keys } = self;
        let (keys, columns) = (keys.join(", "), columns.join(", "));
        let marks = |count| vec!["?"; count].join(", ");
        let place = marks(self.keys.len());
        let select = format!("select {keys}, {columns} from {name} where ({keys}) >= ({place})");
        let down: Vec<_> = self.keys.iter().map(|key| format!("{key} desc")).collect();
        let down = down.join(", ");
        let (Ok(all), Ok(first), Ok(between)) = (
            from.prepare(&format!("{select} order by {keys}")),
            from.prepare(&format!("{select} order by {keys} limit 1")),
            from.prepare(&format!("{select} and ({keys}) < ({place}) order by {down} limit 1")),
        ) else {
            lost.push(format!(
                "the table {name} is missing or another one, so that nothing of it could be read"
            ));
            return Ok(());
        };
        let insert =
            to.prepare(&format!("insert into {name} ({columns}) values ({})", marks(self.columns.len())))?;
        let mut rows = Rows { keys: self.keys.len(), all, first, between, insert, refused: 0, looks: 0 };
        let mut begin = vec![LEAST; rows.keys];
        loop {
            let Taken { is_whole, furthest } = rows.take_over(&begin)?;
            if is_whole {
                break;
            }
            let start = furthest.as_ref().map_or_else(|| begin.clone(), after);
            let Some(next) = rows.next_readable(&start)? else {
                lost.push(self.unread(&start, None));
                break;
            };
            if furthest.is_some() && next == start {
                // It broke off elsewhere: the last row lies in the place of another one.
                self.take_over_singly(&mut rows, begin, &start, lost)?;
            } else {
                lost.push(self.unread(&start, Some(&next)));
            }
            begin = next;
        }
        if rows.refused > 0 {
            lost.push(format!("rows of {name} that do not fit there: {}", rows.refused));
        }
        Ok(())
    }

    /// Takes over what comes before a place row by row, each found by its own number.
    fn take_over_singly(
        &self,
        rows: &mut Rows<'_>,
        mut begin: Place,
        end: &Place,
        lost: &mut Faults,
    ) -> Result<(), StoreError> {
        while let Some(next) = rows.next_readable(&begin)?.filter(|next| next < end) {
            if next > begin {
                lost.push(self.unread(&begin, Some(&next)));
            }
            let Some(taken) = rows.take_over_one(&next)?.furthest else { break };
            begin = after(&taken);
        }
        Ok(())
    }

    /// Which rows could not be read: from one place on, until before another.
    fn unread(&self, start: &Place, end: Option<&Place>) -> String {
        let named = |place: &Place| {
            let numbers: Vec<_> =
                self.keys.iter().zip(place).map(|(key, number)| format!("{key} {number}")).collect();
            numbers.join(", ")
        };
        let which = match end {
            None => format!("from {} on", named(start)),
            Some(end) if start.first() == Some(&LEAST) => format!("before {}", named(end)),
            Some(end) => format!("from {} to before {}", named(start), named(end)),
        };
        format!("rows of {} {which} could not be read", self.name)
    }
}

/// The first place behind that of a row.
fn after(place: &Place) -> Place {
    let mut after = place.clone();
    if let Some(number) = after.last_mut() {
        *number = number.saturating_add(1);
    }
    after
}

/// Rows on their way into the new file.
struct Rows<'a> {
    /// How many numbers a place has.
    keys: usize,
    /// From a place on.
    all: Statement<'a>,
    /// The first from a place on.
    first: Statement<'a>,
    /// The last from a place on and before another.
    between: Statement<'a>,
    insert: Statement<'a>,
    /// Rows that do not fit: of a wrong type, or doubled.
    refused: u64,
    looks: u32,
}

/// How far rows were taken over.
struct Taken {
    /// To their end.
    is_whole: bool,
    /// The row that is furthest from the first.
    furthest: Option<Place>,
}

impl Rows<'_> {
    /// Takes over what comes from a place on, until something cannot be read.
    fn take_over(&mut self, begin: &Place) -> Result<Taken, StoreError> {
        taken_over(&mut self.all, begin, self.keys, &mut self.insert, &mut self.refused)
    }

    /// Takes over the first row from a place on.
    fn take_over_one(&mut self, begin: &Place) -> Result<Taken, StoreError> {
        taken_over(&mut self.first, begin, self.keys, &mut self.insert, &mut self.refused)
    }

    /// Where the next row can be read that is not before a place: near by first, where fewer are passed over.
    fn next_readable(&mut self, start: &Place) -> Result<Option<Place>, StoreError> {
        for level in (0..self.keys).rev() {
            let is_last = level + 1 == self.keys;
            let from = if is_last { start[level] } else { start[level].saturating_add(1) };
            let found = self.search(&start[..level], from, GRAIN)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The same among those that begin with some numbers, by the next number: in steps that grow, and then back to the first
    /// that can be read.
    fn search(&mut self, within: &[i64], from: i64, grain: i64) -> Result<Option<Place>, StoreError> {
        let keys = self.keys;
        let place = |number: i64| {
            let mut place = [within, &[number]].concat();
            place.resize(keys, LEAST);
            place
        };
        let (mut number, mut broken) = (from, None);
        while self.looks < MOST_LOOKS && !self.is_readable(&place(number))? {
            if number.saturating_sub(from) < NEAR {
                let inside = self.search_inside(within, number)?;
                if inside.is_some() {
                    return Ok(inside);
                }
            }
            broken = Some(number);
            let step = 1 + number.saturating_sub(from) / grain;
            match number.checked_add(step) {
                Some(next) => number = next,
                None => return Ok(None),
            }
        }
        if self.looks >= MOST_LOOKS {
            return Ok(None);
        }
        let Some(mut broken) = broken else { return Ok(Some(place(number))) };
        while number - broken > 1 {
            let middle = broken + (number - broken) / 2;
            if self.is_readable(&place(middle))? { number = middle } else { broken = middle }
        }
        Ok(Some(self.search_inside(within, broken)?.unwrap_or_else(|| place(number))))
    }

    /// The same among those that begin with one number more, of which the first cannot be read: in coarser steps, as it may be
    /// all of many.
    fn search_inside(&mut self, within: &[i64], number: i64) -> Result<Option<Place>, StoreError> {
        if within.len() + 1 == self.keys {
            return Ok(None);
        }
        self.search(&[within, &[number]].concat(), LEAST, GRAIN / 8)
    }

    /// Whether the first row from a place on can be read, or there is none. Not where it passes over others that are there: then
    /// it lies in the place of another one.
    fn is_readable(&mut self, place: &Place) -> Result<bool, StoreError> {
        self.looks += 1;
        let first = match found(&mut self.first, place.iter(), self.keys) {
            Ok(Some(first)) => first,
            Ok(None) => return Ok(true),
            Err(error) => return is_sound(error),
        };
        if first == *place {
            return Ok(true);
        }
        found(&mut self.between, place.iter().chain(&first), self.keys)
            .map(|passed_over| passed_over.is_none())
            .or_else(is_sound)
    }
}

/// Where the first row is that is found.
fn found<'p>(
    statement: &mut Statement<'_>,
    places: impl Iterator<Item = &'p i64>,
    keys: usize,
) -> rusqlite::Result<Option<Place>> {
    let mut rows = statement.query(params_from_iter(places))?;
    rows.next()?.map(|row| (0..keys).map(|key| row.get(key)).collect()).transpose()
}

/// Writes rows until one cannot be read.
fn taken_over(
    from: &mut Statement<'_>,
    begin: &Place,
    keys: usize,
    insert: &mut Statement<'_>,
    refused: &mut u64,
) -> Result<Taken, StoreError> {
    let columns = from.column_count();
    let mut furthest = None;
    let mut rows = match from.query(params_from_iter(begin)) {
        Ok(rows) => rows,
        Err(error) => return Ok(Taken { is_whole: is_sound(error)?, furthest }),
    };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(Taken { is_whole: true, furthest }),
            Err(error) => return Ok(Taken { is_whole: is_sound(error)?, furthest }),
        };
        let place: rusqlite::Result<Place> = (0..keys).map(|key| row.get(key)).collect();
        furthest = furthest.max(place.ok());
        let values: Vec<Value> = (keys..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        match insert.execute(params_from_iter(values)) {
            Err(error) if is_there(&error) => {}
            Err(error)
                if error.sqlite_error_code().is_none_or(|code| code == ErrorCode::ConstraintViolation) =>
            {
                *refused += 1;
            }
            written => {
                written?;
            }
        }
    }
}

/// False for damage; other errors stay.
fn is_sound(error: rusqlite::Error) -> Result<bool, StoreError> {
    match error.into() {
        StoreError::Damaged(_) => Ok(false),
        error => Err(error),
    }
}

/// The row was taken over already.
fn is_there(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(lost.contains(&"rows of star that do not fit there: 2".to_owned()), "{lost:?}");
        assert!(lost.iter().any(|fault| fault.starts_with("the table message is missing")), "{lost:?}");
    }
}
