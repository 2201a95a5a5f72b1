//! Printing: data on standard output as a table or JSON, sentences for people on standard error.

use std::io::{self, ErrorKind, Write, stdout};

use anyhow::Result;
use serde::Serialize;

use crate::cli::arguments::Listing;
use crate::domain::normal_form::is_unseen;
use crate::observe::standard_error::StandardError;

/// Prints a line of data.
pub(super) fn line(text: &str) -> Result<()> {
    written(writeln!(stdout(), "{text}").and_then(|()| stdout().flush()))
}

/// Prints text that brings its own line breaks.
pub(super) fn raw(text: &[u8]) -> Result<()> {
    written(stdout().write_all(text).and_then(|()| stdout().flush()))
}

/// Tells the person at the terminal something; scripts need not read it.
pub(super) fn say(text: &str) {
    StandardError::open().say(text);
}

/// Tells how many there were of each, leaving out what there was nothing of.
pub(super) fn counts(counts: &[(u64, &str)]) {
    for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
        say(&format!("{what}: {count}"));
    }
}

/// Prints rows under a heading, or all as JSON. Other people wrote some of the cells: none moves the cursor, or begins a line.
pub(super) fn listing<T: Serialize>(
    form: Listing,
    items: &[T],
    heading: &[&str],
    row: impl Fn(&T) -> Vec<String>,
) -> Result<()> {
    if form.json {
        return json(&items);
    }
    let cells = |item| row(item).iter().map(|cell| shown(cell)).collect();
    let rows: Vec<Vec<String>> = items.iter().map(cells).collect();
    for text in aligned(heading, &rows) {
        line(&text)?;
    }
    Ok(())
}

/// Prints one thing as indented JSON.
pub(super) fn json<T: Serialize>(item: &T) -> Result<()> {
    line(&serde_json::to_string_pretty(item)?)
}

/// Tells what was changed: a sentence for people, or what it is now as JSON.
pub(super) fn changed<T: Serialize>(form: Listing, item: &T, words: &str) -> Result<()> {
    if form.json {
        return json(item);
    }
    say(words);
    Ok(())
}

/// Lays rows out in columns; the last column is not padded, so that no line ends in spaces.
fn aligned(heading: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let heading: Vec<String> = heading.iter().map(|title| title.to_uppercase()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&heading]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let lay_out = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    [&heading].into_iter().chain(rows).map(lay_out).collect()
}

/// What somebody else wrote, without what would move a terminal's cursor or turn text round.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !is_unseen(*c)).collect()
}

/// Nobody reads the output any more. That ends a command, and is no failure: `head` has seen enough.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(super) struct OutputClosed;

/// What was not written was not seen, so nothing that follows from it may happen: no message is marked as read.
fn written(outcome: io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        outcome => Ok(outcome?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["1".to_owned(), "Bücher".to_owned()], vec!["100".to_owned(), String::new()]];
        assert_eq!(aligned(&["id", "name"], &rows), ["ID   NAME", "1    Bücher", "100"]);
    }
}
