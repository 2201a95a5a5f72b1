//! Rows of envelopes: which message is where in which channel. `schema.sql` says why they lie in two tables.
//!
//! In each channel the filed ones are older than the new ones.

use std::cell::Cell;

use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, Sequence};
use crate::domain::time::Timestamp;
use crate::store::columns::{author_column, author_value, counted, value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::viewpoint::Viewpoint;

/// Envelopes that stay new. Of more the small table's pages would be many; of fewer each channel has too few to share a
/// page of the large one.
const NEW: i64 = 1024;

/// At least so many are filed at once: fewer would not be worth the pages that they change.
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
    let parameters = (channel.0, sequence.0, author_column(author), tx.now(), message);
    tx.change(SQL, parameters)?;
    Ok(())
}

/// Files the envelope of a message of another time at once. The channel must have no new ones, and in the end needs
/// [`file_authors`].
pub(super) fn file(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
    author: Author,
    received: Timestamp,
    message: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
                       values (?1, ?2, ?3, ?4, ?5)";
    let parameters = (channel.0, sequence.0, author_column(author), received, message);
    tx.change(SQL, parameters)?;
    Ok(())
}

/// Remembers the last filed message of every author of a channel.
pub(super) fn file_authors(tx: &WriteTx<'_>, channel: ChannelRow) -> Result<(), StoreError> {
    const SQL: &str = "insert or replace into filed_author (channel_id, author, last)
                       select channel_id, author, max(sequence)
                         from filed_envelope
                        where channel_id = ?1
                        group by channel_id, author";
    tx.change(SQL, [channel])?;
    Ok(())
}

/// How many messages the channel has.
pub fn count(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from envelope where channel_id = ?1";
    tx.one(SQL, [channel], counted)
}

/// When a message was received and who wrote it.
pub fn find(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
) -> Result<Option<(Timestamp, Author)>, StoreError> {
    const SQL: &str = "select received_at, author from envelope where channel_id = ?1 and sequence = ?2";
    let row = tx.first(SQL, (channel, sequence), |row| Ok((row.get(0)?, author_value(row.get(1)?))))?;
    Ok(row)
}

/// When the newest message was received, as far as the last ones of all channels are still there.
pub fn newest(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select max((select e.received_at
                                     from envelope e
                                    where e.channel_id = channel.id and e.sequence = channel.head))
                         from channel";
    tx.one(SQL, [], value)
}

/// The highest message that the reader did not write, whenever it was written; 0 when there is none.
pub fn highest_foreign(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    viewpoint: Option<&Viewpoint>,
) -> Result<Sequence, StoreError> {
    // Of the filed ones, which are many, the last of each author is known.
    const SQL: &str = "select coalesce((select sequence
                                          from new_envelope
                                         where channel_id = ?1 and author not in (?2, ?3)
                                         order by sequence desc
                                         limit 1),
                                       (select max(last)
                                          from filed_author
                                         where channel_id = ?1 and author not in (?2, ?3)))";
    // No message has this author: an anonymous reader has written nothing that could be told from others'.
    let (own, other_own) = viewpoint.map_or((i64::MIN, i64::MIN), Viewpoint::own_authors);
    let highest: Option<i64> = tx.one(SQL, (channel, own, other_own), value)?;
    Ok(highest.map_or(Sequence::NONE, Sequence))
}

/// The highest message that the reader can see; `None` when there is none.
pub fn highest_visible(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    since: Sequence,
) -> Result<Option<Sequence>, StoreError> {
    const SQL: &str = "select sequence
                         from envelope
                        where channel_id = ?1 and sequence > ?2
                        order by sequence desc
                        limit 1";
    tx.first(SQL, (channel, since), value)
}

/// Takes the envelope of a message away that stays.
pub(super) fn take_away(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<(), StoreError> {
    const FILED: &str = "delete from filed_envelope where channel_id = ?1 and sequence = ?2";
    const NEW_ONE: &str = "delete from new_envelope where channel_id = ?1 and sequence = ?2";
    tx.change(FILED, (channel, sequence))?;
    tx.change(NEW_ONE, (channel, sequence))?;
    Ok(())
}

/// Puts the envelope of a deleted message back. It is filed, and so is what is older in its channel.
pub(super) fn put_back(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<(), StoreError> {
    const OLDER: &str = "insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
                         select channel_id, sequence, author, received_at, message_id
                           from new_envelope
                          where channel_id = ?1 and sequence < ?2";
    const OLDER_LAST: &str = "insert into filed_author (channel_id, author, last)
                              select channel_id, author, max(sequence)
                                from new_envelope
                               where channel_id = ?1 and sequence < ?2
                               group by channel_id, author
                                  on conflict (channel_id, author) do update set last = excluded.last";
    const FORGET: &str = "delete from new_envelope where channel_id = ?1 and sequence < ?2";
    const ONE: &str = "insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
                       select channel_id, sequence, author, received_at, message_id
                         from deleted_message
                        where channel_id = ?1 and sequence = ?2";
    const LAST: &str = "insert into filed_author (channel_id, author, last)
                        select channel_id, author, sequence
                          from deleted_message
                         where channel_id = ?1 and sequence = ?2
                            on conflict (channel_id, author) do update set last = max(last, excluded.last)";
    for sql in [OLDER, OLDER_LAST, FORGET, ONE, LAST] {
        tx.change(sql, (channel, sequence))?;
    }
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
        const LAST: &str = "insert into filed_author (channel_id, author, last)
                            select channel_id, author, max(sequence)
                              from new_envelope
                             where (channel_id, sequence) > (?1, ?2) and (channel_id, sequence) <= (?3, ?4)
                             group by channel_id, author
                                on conflict (channel_id, author) do update set last = excluded.last";
        const FORGET: &str = "delete from new_envelope
                               where (channel_id, sequence) > (?1, ?2) and (channel_id, sequence) <= (?3, ?4)";
        let new: i64 = tx.one(COUNT, [], value)?;
        if new < NEW + FILED_AT_ONCE {
            return Ok(());
        }
        let last = self.last.get();
        let end: Option<(i64, i64)> =
            tx.first(END, (last.0, last.1, new - NEW - 1), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let upto = end.unwrap_or((i64::MAX, i64::MAX));
        let range = (last.0, last.1, upto.0, upto.1);
        tx.change(FILE, range)?;
        tx.change(LAST, range)?;
        tx.change(FORGET, range)?;
        self.last.set(end.unwrap_or_default());
        Ok(())
    }

    /// Begins at the first channel: what was filed since is undone.
    pub(super) fn begin_again(&self) {
        self.last.take();
    }
}
