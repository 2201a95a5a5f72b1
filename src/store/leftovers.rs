//! What deleted channels and revoked tokens leave behind, and removing it a little at a time, so that no writer waits.
//!
//! A deletion itself takes only the channel's row, with its key. Triggers in `schema.sql` note what is left.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::id::ChannelRow;
use crate::store::columns::value;
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
    let begun = Instant::now();
    go_on_while(tx, || begun.elapsed() < LONGEST)
}

fn go_on_while(tx: &WriteTx<'_>, mut has_time: impl FnMut() -> bool) -> Result<bool, StoreError> {
    const NEXT: &str = "select channel_id, reader from leftover limit 1";
    const DONE: &str = "delete from leftover where channel_id = ?1 and reader = ?2";
    while has_time() {
        let next = tx.first(NEXT, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((channel, reader)) = next else { return Ok(false) };
        let row = ChannelRow(channel);
        let some = if reader == EVERYTHING {
            of_channel(tx, row)?
        } else {
            read_states::forget_some(tx, row, reader, ROWS)? > 0
        };
        if !some {
            tx.change(DONE, (channel, reader))?;
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
    let reader: Option<i64> = tx.first(READER, [channel], value)?;
    if let Some(reader) = reader {
        return Ok(read_states::forget_some(tx, channel, reader, ROWS)? > 0);
    }
    // The authors go before the messages, of which each would look for the one before it.
    for sql in [CURSORS, AUTHORS, TOKENS] {
        if tx.change(sql, (channel, ROWS))? > 0 {
            return Ok(true);
        }
    }
    if noted::forget_some(tx, channel, ROWS)? > 0
        || idempotency::forget_of_channel(tx, channel, ROWS)? > 0
        || deleted::remove_of_channel(tx, channel, ROWS)?
    {
        return Ok(true);
    }
    Ok(messages::delete_oldest(tx, channel, i64::MAX, ROWS)?.messages > 0)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::*;
    use crate::store::folder::FILE_NAME;
    use crate::store::pool;
    use crate::store::testing::open_in;

    /// What a channel holds, a row of each for every number.
    const ROWS_OF: [&str; 10] = [
        "message (id, sealed) select n, zeroblob(100)",
        "filed_envelope (channel_id, sequence, author, received_at, message_id) select 7, n, 0, 0, n",
        "filed_author (channel_id, author, last) select 7, n, n",
        "read_cursor (channel_id, reader, cursor) select 7, n, 0",
        "read_exception (channel_id, reader, sequence, read) select 7, n % 3, n, 1",
        "token (channel_id, description, can_read, can_write, since, created_at) select 7, zeroblob(9), 1, 1, 0, 0",
        "star (channel_id, sequence) select 7, n",
        "snooze (channel_id, sequence, until) select 7, n, 0",
        "idempotency (channel_id, author, key_blind, body_blind, sequence, received_at)
         select 7, 0, cast(printf('%032d', n) as blob), x'00', n, 0",
        "deleted_message (channel_id, sequence, author, received_at, message_id, bytes, deleted_at)
         select 7, n, 0, 0, -n, 100, 0",
    ];

    /// The time is looked at after each small step, of whatever kind, so a change takes little more than [`LONGEST`].
    #[tokio::test]
    async fn few_rows_go_between_two_looks_at_the_time() {
        const NUMBERS: i64 = 170;
        let folder = TempDir::new().expect("a folder");
        let store = open_in(&folder);
        let database = pool::connect(&folder.path().join(FILE_NAME)).expect("the database");
        for rows in ROWS_OF {
            let (into, select) = rows.split_once("select ").expect("a query");
            let sql = format!(
                "with recursive number (n) as (select 1 union all select n + 1 from number where n < {NUMBERS})
                 insert into {into} select {select} from number"
            );
            database.execute_batch(&sql).expect("room");
        }
        database.execute_batch("insert into leftover (channel_id, reader) values (7, -1)").expect("room");
        let (mut left, mut steps) = (rows(&database), 0);
        assert_eq!(left, NUMBERS * 10);
        loop {
            let go_on = store.write_without_right(|tx| {
                let mut times = 1..=1;
                go_on_while(tx, || times.next().is_some())
            });
            let has_more = go_on.await.expect("a step");
            let before = std::mem::replace(&mut left, rows(&database));
            // A message goes with its envelope.
            assert!(before - left <= i64::from(ROWS) * 2, "{} rows at once", before - left);
            if !has_more {
                break;
            }
            steps += 1;
            assert!(steps < 1000, "it comes to an end");
        }
        assert_eq!(left, 0);
    }

    fn rows(database: &Connection) -> i64 {
        let tables = ROWS_OF.iter().filter_map(|rows| rows.split(' ').next());
        let counts = tables.map(|table| {
            let sql = format!("select count(*) from {table}");
            database.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a count")
        });
        counts.sum()
    }
}
