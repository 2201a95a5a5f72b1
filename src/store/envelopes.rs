//! Rows of envelopes: which message is where in which channel.
//!
//! New ones come into a small table, and are filed in the large one when each finds company there, because messages that
//! come together for many channels would otherwise change a page of the large one each. Whoever reads asks the view
//! `envelope` for both.

use std::cell::Cell;

use rusqlite::OptionalExtension;

use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, Sequence};
use crate::store::columns::author_column;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;

/// Envelopes that stay new. Of more the small table's pages would be many; of fewer each channel has too few to share a
/// page of the large one.
const NEW: i64 = 1024;

/// Envelopes that are filed at once: some channels' worth, and no more than a commit has time for.
const FILED_AT_ONCE: i64 = 128;

/// Adds the envelope of a message that was just added.
pub(super) fn insert(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
    author: Author,
    message: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into new_envelope (channel_id, sequence, author, received_at, message_id)
                       values (?1, ?2, ?3, ?4, ?5)";
    let parameters = (channel.0, sequence.0, author_column(author), tx.now().as_millis(), message);
    tx.prepare(SQL)?.execute(parameters)?;
    Ok(())
}

/// Files channel after channel, from the first to the last and round again, so that all of a channel's new envelopes go
/// together. Lives on the writer thread.
#[derive(Default)]
pub(super) struct Filing {
    /// Channel and sequence of the last one that was filed.
    last: Cell<(i64, i64)>,
}

impl Filing {
    /// Files what is more than [`NEW`].
    pub(super) fn go_on(&self, tx: &WriteTx<'_>) -> Result<(), StoreError> {
        const COUNT: &str = "select count(*) from new_envelope";
        const END: &str = "select channel_id, sequence
                             from new_envelope
                            where (channel_id, sequence) > (?1, ?2)
                            order by channel_id, sequence
                            limit 1 offset ?3";
        const FILE: &str =
            "insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
                            select channel_id, sequence, author, received_at, message_id
                              from new_envelope
                             where (channel_id, sequence) > (?1, ?2) and (channel_id, sequence) <= (?3, ?4)";
        const FORGET: &str = "delete from new_envelope
                               where (channel_id, sequence) > (?1, ?2) and (channel_id, sequence) <= (?3, ?4)";
        let new: i64 = tx.prepare(COUNT)?.query_row([], |row| row.get(0))?;
        if new < NEW + FILED_AT_ONCE {
            return Ok(());
        }
        let last = self.last.get();
        let end: Option<(i64, i64)> = tx
            .prepare(END)?
            .query_row((last.0, last.1, new - NEW - 1), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let upto = end.unwrap_or((i64::MAX, i64::MAX));
        let range = (last.0, last.1, upto.0, upto.1);
        tx.prepare(FILE)?.execute(range)?;
        tx.prepare(FORGET)?.execute(range)?;
        self.last.set(end.unwrap_or_default());
        Ok(())
    }
}
