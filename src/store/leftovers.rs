//! What deleted channels and revoked tokens leave behind, and removing it a little at a time, so that no writer waits.
//!
//! A deletion itself takes only the channel's row, with its key. Triggers in `schema.sql` note what is left.

use std::time::Duration;

use rusqlite::OptionalExtension;
use tokio::time::Instant;

use crate::domain::id::ChannelRow;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;
use crate::store::{deleted, idempotency, messages, noted, read_states};

/// For how long one change removes rows: others wait meanwhile. A slow disk or machine removes fewer.
const LONGEST: Duration = Duration::from_millis(5);

/// Rows that are removed before the time is looked at.
const ROWS: u32 = 50;

/// In the place of a reader: everything that the channel held.
const EVERYTHING: i64 = -1;

/// Removes a part of what is left behind; false when there is no more.
pub fn go_on(tx: &WriteTx<'_>) -> Result<bool, StoreError> {
    const NEXT: &str = "select channel_id, reader from leftover limit 1";
    const DONE: &str = "delete from leftover where channel_id = ?1 and reader = ?2";
    let begun = Instant::now();
    while begun.elapsed() < LONGEST {
        let next = tx.prepare(NEXT)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((channel, reader)) = next else { return Ok(false) };
        let row = ChannelRow(channel);
        let some = if reader == EVERYTHING {
            of_channel(tx, row)?
        } else {
            read_states::forget_some(tx, row, reader, ROWS)? > 0
        };
        if !some {
            tx.prepare(DONE)?.execute((channel, reader))?;
        }
    }
    Ok(true)
}

/// Removes some rows of a channel that is gone; false when there are none.
fn of_channel(tx: &WriteTx<'_>, channel: ChannelRow) -> Result<bool, StoreError> {
    const READER: &str = "select reader from read_exception where channel_id = ?1 limit 1";
    const CURSORS: &str =
        "delete from read_cursor
          where channel_id = ?1
            and reader <= (select max(reader)
                             from (select reader from read_cursor where channel_id = ?1 order by reader limit ?2))";
    const AUTHORS: &str = "delete from filed_author
          where channel_id = ?1
            and author <= (select max(author)
                             from (select author from filed_author where channel_id = ?1 order by author limit ?2))";
    const TOKENS: &str = "delete from token
          where channel_id = ?1
            and id <= (select max(id) from (select id from token where channel_id = ?1 order by id limit ?2))";
    let reader: Option<i64> = tx.prepare(READER)?.query_row([channel.0], |row| row.get(0)).optional()?;
    if let Some(reader) = reader {
        return Ok(read_states::forget_some(tx, channel, reader, ROWS)? > 0);
    }
    // The authors go before the messages, of which each would look for the one before it.
    for sql in [CURSORS, AUTHORS, TOKENS] {
        if tx.prepare(sql)?.execute((channel.0, ROWS))? > 0 {
            return Ok(true);
        }
    }
    if noted::forget_some(tx, channel, ROWS)? > 0
        || idempotency::forget_of_channel(tx, channel, ROWS)? > 0
        || deleted::remove_of_channel(tx, channel)?
    {
        return Ok(true);
    }
    Ok(messages::delete_oldest(tx, channel, i64::MAX, ROWS)?.messages > 0)
}
