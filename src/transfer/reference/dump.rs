//! A dump as blocks of rows: where each table lies in the file, as they are needed in another order than they have there.

use std::io::{self, BufRead, ErrorKind, Seek, SeekFrom};

use crate::transfer::error::TransferError;
use crate::transfer::line_source::{LineSource, NextLine};
use crate::transfer::reference::copy;
use crate::transfer::reference::row::Row;
use crate::transfer::reference::table::Table;

/// The longest line, in bytes: a message of 16 MiB in hexadecimal digits, and what stands beside it.
const LONGEST: usize = 33 * 1024 * 1024;

/// How a text in UTF-16 begins, in either order of bytes.
const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// What a file begins with that gzip has packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A dump that was looked through once.
pub struct Dump<R> {
    source: R,
    blocks: Vec<Block>,
}

/// The rows of a table.
struct Block {
    table: Table,
    /// Where each wanted column stands.
    places: Vec<usize>,
    /// How many columns there are.
    width: usize,
    /// Where the first row begins.
    start: u64,
    /// The number of the line before it.
    line: u64,
}

impl<R: BufRead + Seek> Dump<R> {
    /// Looks where the tables are.
    pub fn open(mut source: R) -> Result<Self, TransferError> {
        source.seek(SeekFrom::Start(0)).map_err(not_from_a_pipe)?;
        if source.fill_buf()?.starts_with(&GZIP) {
            return Err(TransferError::wrong(1, "the dump is packed; unpack it first, with gunzip"));
        }
        if UTF_16.iter().any(|mark| source.fill_buf().is_ok_and(|begun| begun.starts_with(mark))) {
            let words = "the dump is in UTF-16, as some shells write what a program prints; make it with `pg_dump --file=FILE`";
            return Err(TransferError::wrong(1, words));
        }
        let mut lines = LineSource::new(source, LONGEST, 0);
        let mut blocks: Vec<Block> = Vec::new();
        while let Some(line) = next(&mut lines)? {
            require_plain(line.number, line.bytes)?;
            let Some((name, columns)) = heading(line.bytes) else { continue };
            let (number, start) = (line.number, line.end);
            if let Some(table) = Table::ALL.into_iter().find(|table| table.name() == name) {
                if blocks.iter().any(|block| block.table == table) {
                    return Err(TransferError::wrong(number, format!("table {name} is there a second time")));
                }
                let place = |wanted: &&str| {
                    let place = columns.iter().position(|column| column == wanted);
                    place.ok_or_else(|| {
                        TransferError::wrong(number, format!("table {name} has no column {wanted}"))
                    })
                };
                let places = table.columns().iter().map(place).collect::<Result<_, _>>()?;
                blocks.push(Block { table, places, width: columns.len(), start, line: number });
            }
            loop {
                let row = next(&mut lines)?;
                let row = row.ok_or_else(|| {
                    TransferError::wrong(
                        number,
                        format!("the dump ends within table {name}, it is not whole"),
                    )
                })?;
                if row.bytes == copy::END {
                    break;
                }
            }
        }
        let line = lines.number();
        let missing = Table::ALL
            .into_iter()
            .find(|table| table.is_needed() && !blocks.iter().any(|block| block.table == *table));
        if let Some(table) = missing {
            return Err(TransferError::wrong(
                line,
                format!(
                    "the dump ends and has no rows of table {}; make it with a plain `pg_dump`, without --inserts",
                    table.name()
                ),
            ));
        }
        Ok(Self { source: lines.into_source(), blocks })
    }

    /// Hands each row of a table on.
    pub(super) fn each(
        &mut self,
        table: Table,
        mut take: impl FnMut(&Row<'_>) -> Result<(), TransferError>,
    ) -> Result<(), TransferError> {
        let Some(block) = self.blocks.iter().find(|block| block.table == table) else { return Ok(()) };
        self.source.seek(SeekFrom::Start(block.start))?;
        let mut lines = LineSource::new(&mut self.source, LONGEST, block.line);
        while let Some(line) = next(&mut lines)? {
            if line.bytes == copy::END {
                return Ok(());
            }
            let fields: Vec<&[u8]> = line.bytes.split(|byte| *byte == b'\t').collect();
            if fields.len() != block.width {
                let why = format!("the row has {} columns instead of {}", fields.len(), block.width);
                return Err(TransferError::wrong(line.number, why));
            }
            let values =
                block.places.iter().filter_map(|place| fields.get(*place)).map(|field| copy::value(field));
            take(&Row { line: line.number, table, values: values.collect() })?;
        }
        Err(TransferError::wrong(lines.number(), "the dump was changed while it was read"))
    }
}

/// A line of the dump.
struct DumpLine<'a> {
    number: u64,
    bytes: &'a [u8],
    /// Where the next one begins.
    end: u64,
}

fn not_from_a_pipe(error: io::Error) -> io::Error {
    if error.kind() != ErrorKind::NotSeekable {
        return error;
    }
    io::Error::new(error.kind(), "a dump has to be a file and not a pipe, as it is read more than once")
}

fn next<R: BufRead>(lines: &mut LineSource<R>) -> Result<Option<DumpLine<'_>>, TransferError> {
    let number = lines.number() + 1;
    match lines.next()? {
        NextLine::Line { bytes, end } => Ok(Some(DumpLine { number, bytes, end })),
        NextLine::TooLong => {
            Err(TransferError::wrong(number, "the line is longer than that of a message of 16 MiB"))
        }
        NextLine::End => Ok(None),
    }
}

/// Refuses what shows that the dump is of another form.
fn require_plain(line: u64, bytes: &[u8]) -> Result<(), TransferError> {
    if line == 1 && bytes.starts_with(b"PGDMP") {
        return Err(TransferError::wrong(
            line,
            "the dump is not plain; `pg_restore -f FILE` makes a plain one of it",
        ));
    }
    let encoding = bytes.strip_prefix(b"SET client_encoding = '").and_then(|rest| rest.strip_suffix(b"';"));
    match encoding {
        Some(b"UTF8" | b"SQL_ASCII") | None => Ok(()),
        Some(_) => Err(TransferError::wrong(
            line,
            "the dump is not in UTF-8; make it with `pg_dump --encoding=UTF8`",
        )),
    }
}

/// Table and columns of `COPY public.account (id, name) FROM stdin;`, without their quotes.
fn heading(line: &[u8]) -> Option<(String, Vec<String>)> {
    let text = std::str::from_utf8(line).ok()?;
    let inner = text.strip_prefix("COPY ")?.strip_suffix(") FROM stdin;")?;
    let (name, columns) = inner.split_once(" (")?;
    let plain = |name: &str| name.trim().trim_matches('"').to_lowercase();
    let name = name.rsplit_once('.').map_or(name, |(_schema, name)| name);
    Some((plain(name), columns.split(',').map(plain).collect()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn dump_of(text: &str) -> Result<Dump<Cursor<Vec<u8>>>, TransferError> {
        Dump::open(Cursor::new(text.as_bytes().to_vec()))
    }

    /// All tables, with these rows of accounts.
    fn whole(accounts: &str) -> String {
        let mut text = String::from("--\nSET client_encoding = 'UTF8';\n");
        for table in Table::ALL {
            let rows = if table == Table::Account { accounts } else { "" };
            let columns = table.columns().join(", ");
            text = format!("{text}COPY public.{} ({columns}) FROM stdin;\n{rows}\\.\n\n", table.name());
        }
        text
    }

    #[test]
    fn headings_are_read_with_and_without_quotes() {
        let expected = Some(("account".to_owned(), vec!["id".to_owned(), "name".to_owned()]));
        assert_eq!(heading(b"COPY public.account (id, name) FROM stdin;"), expected);
        assert_eq!(heading(b"COPY \"public\".\"Account\" (\"Id\", \"Name\") FROM stdin;"), expected);
        assert_eq!(heading(b"COPY account (id, name) TO stdout;"), None);
    }

    #[test]
    fn rows_are_found_by_line_whatever_the_order_of_tables() {
        let mut dump = dump_of(&whole("1\tone\n2\t\\N\n")).expect("a dump");
        let mut seen = Vec::new();
        for _twice in 0..2 {
            dump.each(Table::Account, |row| {
                seen.push((row.line, row.values[1].as_deref().map(<[u8]>::to_vec)));
                Ok(())
            })
            .expect("rows");
        }
        assert_eq!(seen[..2], [(4, Some(b"one".to_vec())), (5, None)]);
        assert_eq!(seen[..2], seen[2..]);
    }

    #[test]
    fn what_is_no_such_dump_is_refused_in_words() {
        for (text, words) in [
            (String::new(), "has no rows of table account;"),
            ("PGDMP\u{1}".to_owned(), "pg_restore"),
            (whole("").replace("UTF8", "LATIN1"), "--encoding=UTF8"),
            (whole("").replace("(id, name)", "(id, label)"), "no column name"),
            (whole("").repeat(2), "a second time"),
            (whole("1\tone\n").replace("\\.", ""), "ends within table account"),
        ] {
            let refused = dump_of(&text).map(drop).expect_err(words).to_string();
            assert!(refused.contains(words), "{refused}");
        }
        let mut dump = dump_of(&whole("1\tone\tthree\n")).expect("a dump");
        let refused = dump.each(Table::Account, |_row| Ok(())).expect_err("too many").to_string();
        assert!(refused.starts_with("line 4: the row has 3 columns"), "{refused}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..1000) {
            let mut text = whole("1\tone\n").into_bytes();
            let at = at % text.len();
            text.splice(at..at, bytes);
            if let Ok(mut dump) = Dump::open(Cursor::new(text)) {
                for table in Table::ALL {
                    // Refused or read, and nothing else.
                    let _either = dump.each(table, |_row| Ok(()));
                }
            }
        }
    }
}
