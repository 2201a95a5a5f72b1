//! What the holder's pages seal in the browser: a copy of each letter for the holder, how many there were, and the key that
//! answers are sealed with. Only those pages are given any of it.

use crate::crypto::field::{Field, Place};
use crate::crypto::seal::OVERHEAD_BYTES;
use crate::domain::id::ChannelRow;
use crate::domain::letter::WrappedReply;
use crate::domain::message::Sequence;
use crate::store::channel_access::ChannelAccess;
use crate::store::columns::{open_text, seal_text, value};
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// The bytes that a copy takes in the file, which quotas count.
pub fn copy_bytes(copy: &[u8]) -> i64 {
    i64::try_from(copy.len() + OVERHEAD_BYTES).unwrap_or(i64::MAX)
}

/// Keeps a copy beside a message that was just written, which counted it in.
pub fn keep_copy(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    sequence: Sequence,
    copy: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "update message
                          set copy = ?3
                        where id = (select message_id from envelope where channel_id = ?1 and sequence = ?2)";
    let sealed = channel.key.seal(Place::copy(channel.row.0, sequence.0), &[copy]);
    tx.change(SQL, (channel.row, sequence, sealed))?;
    Ok(())
}

/// The copy of a message, where there is one that opens.
pub fn copy(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    sequence: Sequence,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "select m.copy
                         from envelope e
                         join message m on m.id = e.message_id
                        where e.channel_id = ?1 and e.sequence = ?2";
    let which = (channel.row.0, sequence.0);
    let sealed: Option<Option<Vec<u8>>> = tx.first(SQL, which, value)?;
    let Some(sealed) = sealed.flatten() else { return Ok(None) };
    let opened = channel.key.open(Place::copy(channel.row.0, sequence.0), &sealed);
    readable(opened.map_err(StoreError::from))
}

/// The number of the last letter that the holder's pages sealed in a channel; 0 before the first.
pub fn last_number(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<i64, StoreError> {
    const SQL: &str = "select letters from channel where id = ?1";
    Ok(tx.first(SQL, [channel], value)?.unwrap_or(0))
}

/// Uses up a number, and those before it.
pub fn use_number(tx: &WriteTx<'_>, channel: ChannelRow, number: i64) -> Result<(), StoreError> {
    const SQL: &str = "update channel set letters = max(letters, ?2) where id = ?1";
    tx.change(SQL, (channel, number))?;
    Ok(())
}

/// The key that answers in a channel are sealed with; `None` where they are not.
pub fn reply(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<Option<WrappedReply>, StoreError> {
    const SQL: &str = "select reply from channel where id = ?1";
    let sealed: Option<Option<Vec<u8>>> = tx.first(SQL, [channel], value)?;
    let Some(sealed) = sealed.flatten() else { return Ok(None) };
    let opened = open_text(tx.keyring().root(), Place::row(Field::ChannelReply, channel.0), &sealed);
    // One that is damaged is none that a browser opens, and answers stay sealed.
    let text = readable(opened)?.unwrap_or_default();
    Ok(Some(WrappedReply::new(&text).unwrap_or_default()))
}

/// Answers are sealed with another key from now on.
pub fn set_reply(tx: &WriteTx<'_>, channel: ChannelRow, reply: &WrappedReply) -> Result<(), StoreError> {
    const SQL: &str = "update channel set reply = ?2 where id = ?1";
    let place = Place::row(Field::ChannelReply, channel.0);
    tx.change(SQL, (channel, seal_text(tx.keyring().root(), place, reply.as_str())))?;
    Ok(())
}
