//! Messages that were deleted a moment ago. For everybody they are gone; for a minute they can be brought back as they were.
//!
//! A message is hidden by taking its envelope away, so nothing else has to know of it. Its payload stays until the minute
//! is over.

use std::time::Duration;

use rusqlite::ToSql;

use crate::domain::id::{AccountId, ChannelRow};
use crate::domain::message::Sequence;
use crate::domain::time::Timestamp;
use crate::store::channel_access::ChannelAccess;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::viewpoint::Viewpoint;
use crate::store::{counters, envelopes, noted, read_cursor, read_states};

/// How long a message can be brought back.
pub const KEPT_FOR: Duration = Duration::from_mins(1);

/// What an account's messages that can be brought back may take. More is deleted for good at once: it is not counted in
/// the account's storage any more.
const KEPT_BYTES: i64 = 256 * 1024 * 1024;

/// What a message takes beside its own bytes.
const BESIDE_BYTES: i64 = 256;

/// What is removed together: others wait no longer than this takes.
const REMOVED_MESSAGES: u32 = 250;
const REMOVED_BYTES: i64 = 1024 * 1024;

/// Bytes that an account may still delete and have kept.
pub fn room(tx: &ReadTx<'_>, account: AccountId) -> Result<i64, StoreError> {
    const SQL: &str = "select coalesce(sum(d.bytes + ?2), 0)
                         from channel c
                        cross join deleted_message d on d.channel_id = c.id
                        where c.account_id = ?1";
    let kept: i64 = tx.one(SQL, (account, BESIDE_BYTES), value)?;
    Ok(KEPT_BYTES - kept)
}

/// The bytes that hiding a message takes of the room; `None` when there is none.
pub fn kept_bytes(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "select length(m.sealed) + coalesce(length(m.copy), 0) + ?3
                         from envelope e
                         join message m on m.id = e.message_id
                        where e.channel_id = ?1 and e.sequence = ?2";
    let which = (channel.0, sequence.0, BESIDE_BYTES);
    tx.first(SQL, which, value)
}

/// Hides a message that is there from everybody, and counts it out.
pub fn hide(tx: &WriteTx<'_>, channel: &ChannelAccess, sequence: Sequence) -> Result<(), StoreError> {
    const KEEP: &str = "insert into deleted_message
                               (channel_id, sequence, author, received_at, message_id, bytes, deleted_at)
                        select e.channel_id, e.sequence, e.author, e.received_at, e.message_id,
                               length(m.sealed) + coalesce(length(m.copy), 0), ?3
                          from envelope e
                          join message m on m.id = e.message_id
                         where e.channel_id = ?1 and e.sequence = ?2";
    const STATES: &str = "insert into deleted_state (channel_id, sequence, reader, read)
                          select channel_id, sequence, reader, read
                            from read_exception
                           where channel_id = ?1 and sequence = ?2
                             and reader in (select id from token where channel_id = ?1 union all select 0 union all select -2)";
    const BYTES: &str = "select bytes from deleted_message where channel_id = ?1 and sequence = ?2";
    let row = channel.row;
    tx.change(KEEP, (row, sequence, tx.now()))?;
    tx.change(STATES, (row, sequence))?;
    read_states::forget_message(tx, row, sequence)?;
    envelopes::take_away(tx, row, sequence)?;
    let bytes: i64 = tx.one(BYTES, (row, sequence), value)?;
    counters::shrink(tx, row, channel.account, 1, bytes)
}

/// Brings a message back, with its number and what readers thought of it. False when it is gone for good.
pub fn bring_back(tx: &WriteTx<'_>, channel: &ChannelAccess, sequence: Sequence) -> Result<bool, StoreError> {
    const LOOKS_OTHERWISE: &str = "update channel set version = version + 1 where id = ?1";
    const FIND: &str = "select bytes, author
                          from deleted_message
                         where channel_id = ?1 and sequence = ?2 and deleted_at > ?3";
    let row = channel.row;
    let since = tx.now().before(KEPT_FOR);
    let found: Option<(i64, i64)> =
        tx.first(FIND, (row, sequence, since), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((bytes, author)) = found else { return Ok(false) };
    tx.change(LOOKS_OTHERWISE, [row])?;
    envelopes::put_back(tx, row, sequence)?;
    counters::shrink(tx, row, channel.account, -1, -bytes)?;
    restore_states(tx, channel, sequence, author)?;
    forget(tx, row, sequence)?;
    Ok(true)
}

/// Makes an exception of each state that differs from what the reader's cursor says.
fn restore_states(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    sequence: Sequence,
    author: i64,
) -> Result<(), StoreError> {
    const STATES: &str = "select s.reader, s.read, coalesce(c.cursor, t.since, 0) >= s.sequence
                            from deleted_state s
                            left join token t on t.id = s.reader
                            left join read_cursor c on c.channel_id = s.channel_id and c.reader = s.reader
                           where s.channel_id = ?1 and s.sequence = ?2 and (s.reader <= 0 or t.secret_blind is not null)";
    const EXCEPT: &str =
        "insert into read_exception (channel_id, reader, sequence, read) values (?1, ?2, ?3, ?4)";
    let holder = Viewpoint::of_owner_side(channel.row, channel.owner_token).own_authors();
    let states: Vec<(i64, bool, bool)> =
        tx.all(STATES, (channel.row, sequence), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (reader, read, below_cursor) in states {
        let own = if reader > 0 { reader == author } else { author == holder.0 || author == holder.1 };
        if read != (own || below_cursor) {
            let excepted = tx.change(EXCEPT, (channel.row, reader, sequence, read))?;
            read_cursor::count(tx, channel.row, excepted)?;
        }
    }
    Ok(())
}

/// Removes some of the messages whose minute is over. True when there may be more.
pub fn remove_some(tx: &WriteTx<'_>) -> Result<bool, StoreError> {
    // Deleted by a clock that was ahead and has been set right: their minute begins now, or it would last until then.
    const BEGIN_NOW: &str = "update deleted_message set deleted_at = ?1 where deleted_at > ?1";
    const OLDEST: &str = "select channel_id, sequence, message_id, bytes
                            from deleted_message
                           where deleted_at <= ?1
                           order by deleted_at
                           limit ?2";
    tx.change(BEGIN_NOW, [tx.now()])?;
    let before = tx.now().before(KEPT_FOR);
    remove(tx, OLDEST, before, REMOVED_MESSAGES)
}

/// Removes some of those of a channel that is gone; true when there may be more.
pub(super) fn remove_of_channel(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    most: u32,
) -> Result<bool, StoreError> {
    const SQL: &str = "select channel_id, sequence, message_id, bytes
                         from deleted_message
                        where channel_id = ?1
                        limit ?2";
    remove(tx, SQL, channel.0, most)
}

fn remove(
    tx: &WriteTx<'_>,
    which: &'static str,
    parameter: impl ToSql,
    most: u32,
) -> Result<bool, StoreError> {
    const DELETE: &str = "delete from message where id = ?1";
    let mut statement = tx.prepare(which)?;
    let mut rows = statement.query((parameter, most))?;
    let (mut chosen, mut bytes) = (Vec::new(), 0);
    while bytes < REMOVED_BYTES
        && let Some(row) = rows.next()?
    {
        chosen.push((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?));
        bytes += row.get::<_, i64>(3)?;
    }
    drop(rows);
    for (channel, sequence, message) in &chosen {
        tx.change(DELETE, [message])?;
        noted::forget(tx, *channel, *sequence)?;
        forget(tx, *channel, *sequence)?;
    }
    Ok(!chosen.is_empty())
}

fn forget(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<(), StoreError> {
    const STATES: &str = "delete from deleted_state where channel_id = ?1 and sequence = ?2";
    const MESSAGE: &str = "delete from deleted_message where channel_id = ?1 and sequence = ?2";
    tx.change(STATES, (channel, sequence))?;
    tx.change(MESSAGE, (channel, sequence))?;
    Ok(())
}

/// When the next message has to be removed.
pub fn next_removal(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select min(deleted_at) from deleted_message";
    let oldest: Option<Timestamp> = tx.one(SQL, [], value)?;
    Ok(oldest.map(|oldest| oldest.after(KEPT_FOR)))
}
