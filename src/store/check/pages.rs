//! Checking the file's pages, as SQLite does it by itself.

use std::collections::BTreeMap;

use crate::store::check::report::Report;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Before what SQLite says of a table or index, of which it names the first page.
const TREE: &str = "Tree ";

/// What SQLite says before it speaks of a file.
const HEADING: &str = "*** ";

/// Looks through all of them.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let looked = look(tx, report);
    report.go_on_after("the file", looked)
}

fn look(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let trees = trees(tx)?;
    let mut statement = tx.connection().prepare("pragma integrity_check")?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    for found in found {
        let found = found?;
        for line in lines(&found) {
            report.structure.push(format!("SQLite: {}", named(line, &trees)));
        }
    }
    Ok(())
}

/// What is wrong, by what SQLite says at once: the first has a heading, and a line break after it.
pub(in crate::store) fn lines(found: &str) -> impl Iterator<Item = &str> {
    found.lines().filter(|line| *line != "ok" && !line.starts_with(HEADING))
}

/// Tables and indexes by their first pages.
fn trees(tx: &ReadTx<'_>) -> Result<BTreeMap<String, String>, StoreError> {
    let mut statement =
        tx.connection().prepare("select rootpage, type, name from sqlite_schema where rootpage > 0")?;
    let trees = statement.query_map([], |row| {
        let (page, kind, name): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((page.to_string(), format!("{kind} {name}")))
    })?;
    Ok(trees.collect::<Result<_, _>>()?)
}

/// `Tree 5 page 6 cell 0: …` with the name of what lies there.
fn named(line: &str, trees: &BTreeMap<String, String>) -> String {
    let tree = line.strip_prefix(TREE).and_then(|rest| {
        let (page, rest) = rest.split_once(' ')?;
        Some(format!("{}, {rest}", trees.get(page)?))
    });
    tree.unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_called_by_its_name() {
        let trees = BTreeMap::from([("5".to_owned(), "table message".to_owned())]);
        for (line, expected) in [
            (
                "Tree 5 page 6 cell 0: Child page depth differs",
                "table message, page 6 cell 0: Child page depth differs",
            ),
            (
                "Tree 7 page 6: btreeInitPage() returns error code 11",
                "Tree 7 page 6: btreeInitPage() returns error code 11",
            ),
            ("row 3 missing from index token_by_end", "row 3 missing from index token_by_end"),
        ] {
            assert_eq!(named(line, &trees), expected);
        }
    }
}
