//! Read states: a cursor per reader, and exceptions only where a message's state differs from what the cursor says.
//!
//! The state of a visible message, in this order: what an exception says; read if the reader wrote it; read if it is
//! not above the cursor; unread. A reader who never marked anything has no rows at all, so writing a message costs the
//! same whatever the number of readers.

use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::domain::read_state::{ReadState, UnreadCount};
use crate::store::columns::{counted, value};
use crate::store::error::StoreError;
use crate::store::read_cursor::{
    advance_cursor, count, cursor, first_unread_after, retreat_cursor, turn, uncount,
};
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::viewpoint::Viewpoint;

/// Of so many marks one looks whether the other side of the cursor would cost less.
const LOOKS: i64 = 64;

/// Whether any message of this reader differs from what the cursor says.
pub fn has_exceptions(tx: &ReadTx<'_>, viewpoint: &Viewpoint) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from read_exception where channel_id = ?1 and reader = ?2)";
    tx.one(SQL, viewpoint.key(), value)
}

/// Whether the reader has a visible unread message: what blocks writing to a sequenced channel.
pub fn has_unread(tx: &ReadTx<'_>, viewpoint: &Viewpoint) -> Result<bool, StoreError> {
    const EXCEPTION: &str = "select exists (select 1
                                              from read_exception
                                             where channel_id = ?1 and reader = ?2 and read = 0)";
    let excepted: bool = tx.one(EXCEPTION, viewpoint.key(), value)?;
    Ok(excepted || first_unread_after(tx, viewpoint, cursor(tx, viewpoint)?, Sequence(i64::MAX))?.is_some())
}

/// How many visible messages up to a sequence are unread.
pub fn count_unread(
    tx: &ReadTx<'_>,
    viewpoint: &Viewpoint,
    up_to: Sequence,
) -> Result<UnreadCount, StoreError> {
    const AFTER_CURSOR: &str = "select count(*)
                                  from (select 1
                                          from envelope e
                                         where channel_id = ?1 and sequence > ?3 and sequence <= ?4
                                           and author not in (?5, ?6)
                                           and not exists (select 1
                                                             from read_exception x
                                                            where x.channel_id = ?1 and x.reader = ?2
                                                              and x.sequence = e.sequence)
                                         limit ?7)";
    const EXCEPTED: &str = "select count(*)
                              from (select 1
                                      from read_exception
                                     where channel_id = ?1 and reader = ?2 and sequence <= ?3 and read = 0
                                     limit ?4)";
    let cursor = cursor(tx, viewpoint)?;
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let most = i64::try_from(UnreadCount::MOST + 1).unwrap_or(i64::MAX);
    let parameters = (channel, reader, cursor.0, up_to.0, own, other_own, most);
    let after_cursor = tx.one(AFTER_CURSOR, parameters, counted)?;
    let parameters = (channel, reader, up_to.0, most);
    let excepted = tx.one(EXCEPTED, parameters, counted)?;
    Ok(UnreadCount::counted(after_cursor + excepted))
}

/// Moves the cursor over messages that count as read whatever it says, such as own ones. Changes no message's state.
pub fn follow(tx: &WriteTx<'_>, viewpoint: &Viewpoint) -> Result<(), StoreError> {
    advance_cursor(tx, viewpoint, cursor(tx, viewpoint)?)
}

/// Marks one message.
pub fn mark_one(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    sequence: Sequence,
    own: bool,
    state: ReadState,
) -> Result<(), StoreError> {
    const FORGET: &str = "delete from read_exception where channel_id = ?1 and reader = ?2 and sequence = ?3";
    const EXCEPT: &str =
        "insert into read_exception (channel_id, reader, sequence, read) values (?1, ?2, ?3, ?4)";
    let (channel, reader) = viewpoint.key();
    let cursor = cursor(tx, viewpoint)?;
    let unexcepted = if own || sequence <= cursor { ReadState::Read } else { ReadState::Unread };
    uncount(tx, viewpoint.channel, tx.change(FORGET, (channel, reader, sequence))?)?;
    if state != unexcepted {
        let excepted = (channel, reader, sequence.0, state == ReadState::Read);
        count(tx, viewpoint.channel, tx.change(EXCEPT, excepted)?)?;
    }
    match state {
        ReadState::Read => advance_cursor(tx, viewpoint, cursor)?,
        ReadState::Unread => retreat_cursor(tx, viewpoint, cursor)?,
    }
    if sequence.0 % LOOKS == 0 { turn(tx, viewpoint, state) } else { Ok(()) }
}

/// The reader's state of one message.
pub fn state_of(
    tx: &ReadTx<'_>,
    viewpoint: &Viewpoint,
    sequence: Sequence,
    own: bool,
) -> Result<ReadState, StoreError> {
    const SQL: &str =
        "select read from read_exception where channel_id = ?1 and reader = ?2 and sequence = ?3";
    let (channel, reader) = viewpoint.key();
    let excepted: Option<bool> = tx.first(SQL, (channel, reader, sequence), value)?;
    let read = match excepted {
        Some(read) => read,
        None => own || sequence <= cursor(tx, viewpoint)?,
    };
    Ok(if read { ReadState::Read } else { ReadState::Unread })
}

/// Forgets what readers thought of a deleted message.
pub fn forget_message(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<(), StoreError> {
    // One look-up per reader instead of an index that every mark would have to maintain.
    const SQL: &str = "delete from read_exception
                        where channel_id = ?1 and sequence = ?2
                          and reader in (select id from token where channel_id = ?1 union all select 0 union all select -2)";
    uncount(tx, channel, tx.change(SQL, (channel, sequence))?)
}

/// Forgets what readers thought of messages up to a sequence that are gone.
pub(super) fn forget_deleted(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    upto: Sequence,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from read_exception
                        where channel_id = ?1
                          and reader in (select id from token where channel_id = ?1 union all select 0 union all select -2)
                          and sequence <= ?2
                          and not exists (select 1
                                            from envelope e
                                           where e.channel_id = read_exception.channel_id
                                             and e.sequence = read_exception.sequence)";
    uncount(tx, channel, tx.change(SQL, (channel, upto))?)
}

/// Forgets a part of a reader's state, and at the end its cursor; answers how many rows that were.
pub(super) fn forget_some(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    reader: i64,
    most: u32,
) -> Result<usize, StoreError> {
    const EXCEPTIONS: &str = "delete from read_exception
                               where channel_id = ?1 and reader = ?2
                                 and sequence <= (select max(sequence)
                                                    from (select sequence
                                                            from read_exception
                                                           where channel_id = ?1 and reader = ?2
                                                           order by sequence
                                                           limit ?3))";
    const CURSOR: &str = "delete from read_cursor where channel_id = ?1 and reader = ?2";
    let removed = tx.change(EXCEPTIONS, (channel, reader, most))?;
    uncount(tx, channel, removed)?;
    if removed > 0 {
        return Ok(removed);
    }
    tx.change(CURSOR, (channel, reader))
}
