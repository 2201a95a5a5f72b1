//! Rows of messages: one per message, whatever the number of readers.

use bytes::Bytes;
use rusqlite::{Params, Row};

use crate::crypto::field::Place;
use crate::crypto::seal::OVERHEAD_BYTES;
use crate::domain::id::{ArrivalId, ChannelRow};
use crate::domain::message::{Author, ContentType, Message, NewMessage, Payload, Sequence};
use crate::domain::read_state::Selection;
use crate::store::channel_access::ChannelAccess;
use crate::store::columns::value;
use crate::store::error::{StoreError, readable};
use crate::store::inbox::Envelope;
use crate::store::reservations::Reserved;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::viewpoint::Viewpoint;
use crate::store::{envelopes, idempotency, noted, read_cursor, read_states, tokens};

/// Part of an answer, small enough to hold in memory.
#[derive(Debug)]
pub struct Slice {
    pub messages: Vec<Message>,
    /// There is more after the last one.
    pub more: bool,
}

/// What a slice may hold: whichever is reached first. Whoever reads slowly has the server hold one.
const SLICE_MESSAGES: usize = 256;
const SLICE_BYTES: usize = 128 * 1024;

/// What is deleted together: others wait no longer than this takes.
const DELETED_BYTES: i64 = 1024 * 1024;

/// The bytes that a message takes in the file, which quotas count.
pub fn sealed_bytes(message: &NewMessage) -> i64 {
    let plain = 1 + message.content_type.as_str().len() + message.payload.as_bytes().len();
    i64::try_from(plain + OVERHEAD_BYTES).unwrap_or(i64::MAX)
}

/// Adds a message under the number that was reserved, counts it, and answers the number, and which of its account's it is.
pub fn insert(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    reserved: Reserved,
    author: Author,
    message: &NewMessage,
) -> Result<(Sequence, ArrivalId), StoreError> {
    const SQL: &str = "insert into message (sealed) values (?1)";
    let sequence = reserved.sequence();
    let sealed = seal(channel, sequence, &message.content_type, &message.payload)?;
    let id = tx.prepare(SQL)?.insert([&sealed])?;
    envelopes::insert(tx, channel.row, sequence, author, id)?;
    Ok(reserved.count(tx, i64::try_from(sealed.len()).unwrap_or(i64::MAX)))
}

/// Content type and payload together, as they are kept.
pub(super) fn seal(
    channel: &ChannelAccess,
    sequence: Sequence,
    content_type: &ContentType,
    payload: &Payload,
) -> Result<Vec<u8>, StoreError> {
    let content_type = content_type.as_str().as_bytes();
    let length = u8::try_from(content_type.len()).map_err(|_| StoreError::Malformed("a content type"))?;
    let parts: [&[u8]; 3] = [&[length], content_type, payload.as_bytes()];
    Ok(channel.key.seal(Place::message(channel.row.0, sequence.0), &parts))
}

/// Messages of one channel, as [`message`] reads them.
macro_rules! select_messages {
    ($which:literal) => {
        concat!(
            "select e.sequence, e.received_at, m.sealed
               from envelope e
               join message m on m.id = e.message_id
              where e.channel_id = ?1 and ",
            $which
        )
    };
}

/// The next messages of a reader's selection, ascending by sequence.
pub fn slice(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    viewpoint: Option<&Viewpoint>,
    selection: Selection,
) -> Result<Slice, StoreError> {
    match viewpoint {
        Some(viewpoint) if selection.unread_only => unread(tx, channel, viewpoint, selection),
        _ => all(tx, channel, viewpoint, selection),
    }
}

fn all(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    viewpoint: Option<&Viewpoint>,
    selection: Selection,
) -> Result<Slice, StoreError> {
    const SQL: &str = select_messages!("e.sequence > ?2 order by e.sequence");
    let since = viewpoint.map_or(Sequence::NONE, |viewpoint| viewpoint.since);
    let after = selection.after.max(since);
    collect(tx, SQL, (channel.row.0, after.0), channel, selection)
}

/// Unread are: what an exception says is unread, and what came after the cursor from somebody else and no exception
/// says is read. Both halves walk an index in order, so older read messages cost nothing.
fn unread(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    viewpoint: &Viewpoint,
    selection: Selection,
) -> Result<Slice, StoreError> {
    // The envelope of an exception is looked up by itself: joined, each of its two tables would walk all exceptions.
    const SQL: &str = "select x.sequence,
                              (select e.received_at
                                 from envelope e
                                where e.channel_id = x.channel_id and e.sequence = x.sequence),
                              m.sealed
                         from read_exception x
                         join message m on m.id = (select e.message_id
                                                     from envelope e
                                                    where e.channel_id = x.channel_id and e.sequence = x.sequence)
                        where x.channel_id = ?1 and x.reader = ?2 and x.sequence > ?3 and x.read = 0
                    union all
                       select e.sequence, e.received_at, m.sealed
                         from envelope e
                         join message m on m.id = e.message_id
                        where e.channel_id = ?1 and e.sequence > ?4 and e.author not in (?2, ?5)
                          and not exists (select 1
                                            from read_exception x
                                           where x.channel_id = ?1 and x.reader = ?2 and x.sequence = e.sequence)
                        order by 1";
    const SQL_WITHOUT_EXCEPTIONS: &str =
        select_messages!("e.sequence > ?2 and e.author not in (?3, ?4) order by e.sequence");
    let cursor = read_cursor::cursor(tx, viewpoint)?;
    let after = selection.after.max(viewpoint.since);
    let (own, other_own) = viewpoint.own_authors();
    if read_states::has_exceptions(tx, viewpoint)? {
        let parameters = (channel.row.0, own, after.0, after.max(cursor).0, other_own);
        collect(tx, SQL, parameters, channel, selection)
    } else {
        let parameters = (channel.row.0, after.max(cursor).0, own, other_own);
        collect(tx, SQL_WITHOUT_EXCEPTIONS, parameters, channel, selection)
    }
}

/// Goes through the messages below a sequence, the newest first and damaged ones included, until the visitor has enough.
pub fn walk_down<E: From<StoreError>>(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    below: Sequence,
    mut visit: impl FnMut(&Message) -> Result<bool, E>,
) -> Result<(), E> {
    const SQL: &str = select_messages!("e.sequence < ?2 order by e.sequence desc");
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query((channel.row, below)).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        if !visit(&message_or_damaged(channel, row)?)? {
            break;
        }
    }
    Ok(())
}

fn collect(
    tx: &ReadTx<'_>,
    sql: &'static str,
    parameters: impl Params,
    channel: &ChannelAccess,
    selection: Selection,
) -> Result<Slice, StoreError> {
    let wanted = selection.limit.map_or(usize::MAX, |limit| limit as usize);
    let mut slice = Slice { messages: Vec::new(), more: false };
    let mut bytes = 0;
    let mut statement = tx.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    while slice.messages.len() < wanted {
        let Some(row) = rows.next()? else { break };
        if slice.messages.len() == SLICE_MESSAGES || bytes >= SLICE_BYTES {
            slice.more = true;
            break;
        }
        let message = message_or_damaged(channel, row)?;
        bytes += message.payload.as_bytes().len();
        slice.messages.push(message);
    }
    Ok(slice)
}

/// One message, whoever may see it.
pub fn find(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    sequence: Sequence,
) -> Result<Option<Message>, StoreError> {
    one(tx, channel, sequence, message)
}

/// The same for whoever has to tell of every message, damaged ones included.
pub fn find_or_damaged(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    sequence: Sequence,
) -> Result<Option<Message>, StoreError> {
    one(tx, channel, sequence, message_or_damaged)
}

fn one(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    sequence: Sequence,
    read: impl FnOnce(&ChannelAccess, &Row<'_>) -> Result<Message, StoreError>,
) -> Result<Option<Message>, StoreError> {
    const SQL: &str = select_messages!("e.sequence = ?2");
    tx.first(SQL, (channel.row, sequence), |row| read(channel, row))
}

/// The message of an envelope that was just read, perhaps damaged; `None` when it is gone.
pub fn of_envelope(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    envelope: &Envelope,
) -> Result<Option<Message>, StoreError> {
    const SQL: &str = "select ?2, ?3, sealed from message where id = ?1";
    tx.first(SQL, (envelope.id, envelope.sequence, envelope.received), |row| message_or_damaged(channel, row))
}

/// Deletes a message for everybody and answers how many bytes it took; `None` when there is none.
pub fn delete(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<Option<i64>, StoreError> {
    const BYTES: &str = "select length(m.sealed) + coalesce(length(m.copy), 0)
                           from envelope e
                           join message m on m.id = e.message_id
                          where e.channel_id = ?1 and e.sequence = ?2";
    const DELETE: &str = "delete from envelope where channel_id = ?1 and sequence = ?2";
    let which = (channel.0, sequence.0);
    let bytes: Option<i64> = tx.first(BYTES, which, value)?;
    tx.change(DELETE, which)?;
    Ok(bytes)
}

/// Messages that were deleted together.
#[derive(Debug, Default, Clone, Copy)]
pub struct DeletedBatch {
    pub messages: usize,
    pub bytes: i64,
    /// The last of them.
    pub last: Sequence,
}

/// Deletes the oldest messages of a channel that were received up to an instant, at most so many, and so many bytes that no
/// writer waits for long.
pub fn delete_oldest(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    received_upto: i64,
    most: u32,
) -> Result<DeletedBatch, StoreError> {
    const OLDEST: &str = "select e.sequence, e.received_at,
                                 coalesce((select length(m.sealed) + coalesce(length(m.copy), 0)
                                             from message m
                                            where m.id = e.message_id), 0)
                            from envelope e
                           where e.channel_id = ?1
                           order by e.sequence
                           limit ?2";
    const DELETE: &str =
        "delete from envelope where channel_id = ?1 and sequence <= ?2 and received_at <= ?3";
    let mut deleted = DeletedBatch::default();
    {
        let mut statement = tx.prepare(OLDEST)?;
        let mut rows = statement.query((channel, most))?;
        while let Some(row) = rows.next()? {
            let received: i64 = row.get(1)?;
            if received > received_upto {
                continue;
            }
            deleted.messages += 1;
            deleted.bytes += row.get::<_, i64>(2)?;
            deleted.last = row.get(0)?;
            if deleted.bytes >= DELETED_BYTES {
                break;
            }
        }
    }
    if deleted.messages > 0 {
        tx.change(DELETE, (channel, deleted.last, received_upto))?;
    }
    Ok(deleted)
}

/// How many messages the channel holds and what all that it holds counts, looked at and not remembered.
pub fn tally(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<(i64, i64), StoreError> {
    const SQL: &str = "select count(*), coalesce(sum(length(m.sealed) + coalesce(length(m.copy), 0)), 0)
                         from envelope e
                         join message m on m.id = e.message_id
                        where e.channel_id = ?1";
    const BESIDE: &str = "select ?2 * (select count(*) from read_exception where channel_id = ?1)
                               + ?5 * (select count(*) from star where channel_id = ?1)
                               + ?5 * (select count(*) from snooze where channel_id = ?1)
                               + ?3 * (select count(*) from idempotency where channel_id = ?1)
                               + (select coalesce(sum(length(image)), 0) from channel_picture where channel_id = ?1)
                               + (select coalesce(sum(?4 + length(description) + coalesce(length(note), 0)
                                                         + coalesce(length(link), 0)), 0)
                                    from token
                                   where channel_id = ?1)";
    let (messages, bytes): (i64, i64) = tx.one(SQL, [channel], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let counts = (
        channel.0,
        read_cursor::EXCEPTION_BYTES,
        idempotency::ANSWER_BYTES,
        tokens::TOKEN_BYTES,
        noted::NOTE_BYTES,
    );
    let beside: i64 = tx.one(BESIDE, counts, value)?;
    Ok((messages, bytes + beside))
}

/// The message of a row, or what is known of it when it does not open. It keeps its number: a sequenced channel waits
/// until it is marked.
pub(super) fn message_or_damaged(channel: &ChannelAccess, row: &Row<'_>) -> Result<Message, StoreError> {
    readable(message(channel, row))?.map_or_else(|| damaged(row), Ok)
}

/// What is known of a message that does not open.
fn damaged(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        sequence: row.get(0)?,
        received: row.get(1)?,
        content_type: ContentType::stored("application/octet-stream".to_owned()),
        payload: Payload::damaged(),
    })
}

pub(super) fn message(channel: &ChannelAccess, row: &Row<'_>) -> Result<Message, StoreError> {
    let sequence: i64 = row.get(0)?;
    let sealed = row.get_ref(2)?.as_blob().map_err(|_| StoreError::Malformed("a sealed message"))?;
    let mut plain = Bytes::from(channel.key.open(Place::message(channel.row.0, sequence), sealed)?);
    let malformed = StoreError::Malformed("the inside of a sealed message");
    let Some(&length) = plain.first() else { return Err(malformed) };
    let payload_start = 1 + usize::from(length);
    if plain.len() <= payload_start {
        return Err(malformed);
    }
    let content_type = String::from_utf8_lossy(&plain[1..payload_start]).into_owned();
    let payload = Payload::new(plain.split_off(payload_start)).ok_or(malformed)?;
    Ok(Message {
        sequence: Sequence(sequence),
        received: row.get(1)?,
        content_type: ContentType::stored(content_type),
        payload,
    })
}
