//! What programs report of transactions: understood, and checked as far as a message alone allows; and the lines that have them
//! report. Pure reading of what anybody may have written: whatever stands in a message costs bounded time.

mod field;
mod members;
mod wire;

pub mod envelope;
pub mod hash;
pub mod path;
pub mod proof;
pub mod ready;
pub mod report;
pub mod stated;
pub mod status;

/// Bytes of a message that are understood. A batch of 500 reports with their paths is shorter.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Transactions of one message that are told apart: as many as ARC puts into a batch.
pub const MOST_ENTRIES: usize = 500;

/// Letters of a text in a report that are kept.
const MOST_LETTERS: usize = 300;

/// The beginning of a text, without its end where that is long.
fn kept(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
