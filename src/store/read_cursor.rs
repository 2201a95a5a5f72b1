//! Where a reader's cursor is, and moving it with what has to be said otherwise then.

use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::domain::read_state::ReadState;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::viewpoint::Viewpoint;
use crate::store::{counters, envelopes};

/// What an exception counts.
pub(super) const EXCEPTION_BYTES: i64 = 16;

/// Messages that the cursor moves over at once.
const MOVED: i64 = 10_000;

/// The sequences above the first up to the second.
pub(super) type Range = (Sequence, Sequence);

/// Up to where everything counts as read.
pub fn cursor(tx: &ReadTx<'_>, viewpoint: &Viewpoint) -> Result<Sequence, StoreError> {
    const SQL: &str = "select cursor from read_cursor where channel_id = ?1 and reader = ?2";
    let cursor = tx.first(SQL, viewpoint.key(), value)?;
    Ok(cursor.map_or(viewpoint.since, Sequence))
}

/// Moves the cursor over messages that are all read, so that exceptions do not pile up when a client marks one by one. Not
/// over more at once than others may wait for; the next change moves it on.
pub(super) fn advance_cursor(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    cursor: Sequence,
) -> Result<(), StoreError> {
    let most = Sequence(cursor.0.saturating_add(MOVED));
    let reached = match first_unread_after(tx, viewpoint, cursor, most)? {
        Some(unread) => Sequence(unread.0 - 1),
        None => envelopes::highest_visible(tx, viewpoint.channel, Sequence::NONE)?
            .unwrap_or(Sequence::NONE)
            .min(most),
    };
    if reached > cursor {
        set_cursor(tx, viewpoint, reached)?;
        absorb(tx, viewpoint, (cursor, reached), ReadState::Read)?;
    }
    Ok(())
}

/// The same the other way, for a client that marks one by one as unread, the newest first.
pub(super) fn retreat_cursor(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    cursor: Sequence,
) -> Result<(), StoreError> {
    const LAST_READ: &str = "select sequence
                               from envelope e
                              where channel_id = ?1 and sequence > ?3 and sequence <= ?4 and author not in (?5, ?6)
                                and not exists (select 1
                                                  from read_exception x
                                                 where x.channel_id = ?1 and x.reader = ?2
                                                   and x.sequence = e.sequence and x.read = 0)
                              order by sequence desc
                              limit 1";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let least = viewpoint.since.max(Sequence(cursor.0 - MOVED));
    let parameters = (channel, reader, least.0, cursor.0, own, other_own);
    let last_read = tx.first(LAST_READ, parameters, value)?;
    let reached = last_read.unwrap_or(least);
    if reached < cursor {
        absorb(tx, viewpoint, (reached, cursor), ReadState::Unread)?;
        set_cursor(tx, viewpoint, reached)?;
    }
    Ok(())
}

/// Moves the cursor past many exceptions of a kind when fewer of the other kind say the same, so that marks in any order
/// cost the smaller side. Looks no further than it moves at once.
pub(super) fn turn(tx: &WriteTx<'_>, viewpoint: &Viewpoint, state: ReadState) -> Result<(), StoreError> {
    // Own messages are read wherever the cursor is, so what is said of them stays.
    const EXCEPTED: &str = "select count(*), coalesce(min(sequence), 0), coalesce(max(sequence), 0)
                              from read_exception x
                             where channel_id = ?1 and reader = ?2 and sequence > ?3 and sequence <= ?4 and read = ?6
                               and not exists (select 1
                                                 from envelope e
                                                where e.channel_id = ?1 and e.sequence = x.sequence
                                                  and e.author in (?5, ?7))";
    const OTHERS: &str = "select count(*)
                            from envelope e
                           where channel_id = ?1 and sequence > ?3 and sequence <= ?4 and author not in (?5, ?6)
                             and not exists (select 1
                                               from read_exception x
                                              where x.channel_id = ?1 and x.reader = ?2 and x.sequence = e.sequence)";
    let is_read = state == ReadState::Read;
    let other = if is_read { ReadState::Unread } else { ReadState::Read };
    let cursor = cursor(tx, viewpoint)?;
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let (low, high) = if is_read {
        (cursor, Sequence(cursor.0.saturating_add(MOVED)))
    } else {
        (viewpoint.since.max(Sequence(cursor.0 - MOVED)), cursor)
    };
    let parameters = (channel, reader, low.0, high.0, other_own, is_read, own);
    let (excepted, first, last): (i64, i64, i64) =
        tx.one(EXCEPTED, parameters, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let turned = if is_read { (cursor, Sequence(last)) } else { (Sequence(first - 1), cursor) };
    if excepted == 0 {
        return Ok(());
    }
    let parameters = (channel, reader, turned.0.0, turned.1.0, own, other_own);
    let others: i64 = tx.one(OTHERS, parameters, value)?;
    if others < excepted {
        except_foreign(tx, viewpoint, turned, other)?;
        absorb(tx, viewpoint, turned, state)?;
        set_cursor(tx, viewpoint, if is_read { turned.1 } else { turned.0 })?;
    }
    Ok(())
}

/// Forgets exceptions of a kind that the cursor makes up for; what is said of own messages stays.
fn absorb(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    (low, high): Range,
    state: ReadState,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from read_exception
                        where channel_id = ?1 and reader = ?2 and sequence > ?3 and sequence <= ?4 and read = ?6
                          and not exists (select 1
                                            from envelope e
                                           where e.channel_id = ?1 and e.sequence = read_exception.sequence
                                             and e.author in (?5, ?7))";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let parameters = (channel, reader, low.0, high.0, other_own, state == ReadState::Read, own);
    uncount(tx, viewpoint.channel, tx.change(SQL, parameters)?)
}

/// Has the messages of others in a range stay as they are, wherever the cursor will be, unless an exception says so already.
pub(super) fn except_foreign(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    (low, high): Range,
    state: ReadState,
) -> Result<(), StoreError> {
    const SQL: &str = "insert or ignore into read_exception (channel_id, reader, sequence, read)
                       select channel_id, ?2, sequence, ?6
                         from envelope
                        where channel_id = ?1 and sequence > ?3 and sequence <= ?4 and author not in (?5, ?7)";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let read = state == ReadState::Read;
    let excepted = tx.change(SQL, (channel, reader, low, high, other_own, read, own))?;
    count(tx, viewpoint.channel, excepted)
}

/// The first message above the cursor that is unread by default, not by exception.
pub(super) fn first_unread_after(
    tx: &ReadTx<'_>,
    viewpoint: &Viewpoint,
    cursor: Sequence,
    upto: Sequence,
) -> Result<Option<Sequence>, StoreError> {
    const SQL: &str = "select sequence
                         from envelope e
                        where channel_id = ?1 and sequence > ?2 and sequence <= ?5 and author not in (?3, ?4)
                          and not exists (select 1
                                            from read_exception x
                                           where x.channel_id = ?1 and x.reader = ?6 and x.sequence = e.sequence
                                             and x.read = 1)
                        order by sequence
                        limit 1";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let parameters = (channel, cursor.0, own, other_own, upto.0, reader);
    tx.first(SQL, parameters, value)
}

pub(super) fn set_cursor(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    cursor: Sequence,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into read_cursor (channel_id, reader, cursor)
                       values (?1, ?2, ?3)
                       on conflict (channel_id, reader) do update set cursor = excluded.cursor";
    let (channel, reader) = viewpoint.key();
    keep_deleted(tx, viewpoint, self::cursor(tx, viewpoint)?, cursor)?;
    tx.change(SQL, (channel, reader, cursor))?;
    Ok(())
}

/// Keeps what a reader thinks of deleted messages while the reader's cursor moves over them.
fn keep_deleted(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    from: Sequence,
    to: Sequence,
) -> Result<(), StoreError> {
    const SQL: &str = "insert or ignore into deleted_state (channel_id, sequence, reader, read)
                       select channel_id, sequence, ?2, ?5
                         from deleted_message
                        where channel_id = ?1 and sequence > ?3 and sequence <= ?4 and author not in (?6, ?7)";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let (low, high) = (from.min(to), from.max(to));
    // What was below the cursor was read.
    tx.change(SQL, (channel, reader, low, high, to < from, own, other_own))?;
    Ok(())
}

/// Counts new exceptions in.
pub(super) fn count(tx: &WriteTx<'_>, channel: ChannelRow, exceptions: usize) -> Result<(), StoreError> {
    counters::charge(tx, channel, EXCEPTION_BYTES, exceptions)
}

/// Counts removed exceptions out.
pub(super) fn uncount(tx: &WriteTx<'_>, channel: ChannelRow, exceptions: usize) -> Result<(), StoreError> {
    counters::charge(tx, channel, -EXCEPTION_BYTES, exceptions)
}
