//! Checking that the file consists of what `schema.sql` says: a trigger that is gone damages nothing, and lets damage come,
//! and a foreign one may do anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::check::report::Report;
use crate::store::error::StoreError;
use crate::store::migrate::{self, Object};
use crate::store::tx::ReadTx;

/// What Litestream makes in a file that it copies.
const OF_LITESTREAM: &str = "_litestream_";

/// Compares tables, indexes, views and triggers. False when there is no use in looking for rows.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<bool, StoreError> {
    let laid_out = migrate::laid_out()?;
    let names = laid_out.iter().map(|object| object.name.clone()).collect();
    let mut found = by_name(migrate::objects(tx.connection())?, &names);
    let mut has_rows = true;
    for (object, sql) in by_name(laid_out, &names) {
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
        let is_at_work = kind == "trigger" || sql.starts_with("CREATE UNIQUE");
        if !is_at_work && name.starts_with(OF_LITESTREAM) {
            continue;
        }
        let found = if is_at_work { &mut report.structure } else { &mut report.doubts };
        found.push(format!("the {kind} {name} was made by somebody else"));
    }
    Ok(has_rows)
}

/// By kind and name.
fn by_name(objects: Vec<Object>, names: &BTreeSet<String>) -> BTreeMap<(String, String), String> {
    objects.into_iter().map(|object| ((object.kind, object.name), plain(&object.sql, names))).collect()
}

/// The text without what makes no difference: comments, spaces but the one between two words, and the quotes that SQLite puts
/// around one of our names when a table gets it. An upgraded file has others than a new one. Read as SQLite reads it: else
/// something could be hidden here that acts there.
fn plain(sql: &str, names: &BTreeSet<String>) -> String {
    let (mut plain, mut rest) = (String::with_capacity(sql.len()), sql);
    let (mut is_after_word, mut is_apart) = (false, false);
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (part, after) = rest.split_at(length);
        rest = after;
        if first.is_ascii_whitespace() || part.starts_with("--") {
            is_apart = true;
            continue;
        }
        let bare = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
        let bare = bare.filter(|name| names.contains(*name));
        let is_word = length > 1 || is_of_word(first);
        if is_word && is_after_word && (is_apart || bare.is_some()) {
            plain.push(' ');
        }
        plain.push_str(bare.unwrap_or(part));
        (is_after_word, is_apart) = (is_word, bare.is_some());
    }
    plain
}

/// How long what a text begins with is: a word, something in quotes, a comment, or one character.
fn length(text: &str, first: char) -> usize {
    match first {
        '\'' | '"' | '`' => length_of_quoted(text, first),
        '[' => text.find(']').map_or(text.len(), |end| end + 1),
        _ if text.starts_with("--") => text.find('\n').unwrap_or(text.len()),
        _ if is_of_word(first) => text.find(|next| !is_of_word(next)).unwrap_or(text.len()),
        _ => first.len_utf8(),
    }
}

/// A quote that stands there twice is one of the text.
fn length_of_quoted(text: &str, quote: char) -> usize {
    let mut quotes = text.match_indices(quote).skip(1).map(|(at, _)| at);
    while let Some(at) = quotes.next() {
        if !text[at + 1..].starts_with(quote) {
            return at + 1;
        }
        quotes.next();
    }
    text.len()
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}
