//! Which messages of a channel, as it was glanced at, are unread for its holder, and which are archived.

use crate::domain::message::Sequence;
use crate::store::columns::{ARCHIVE, OWNER_SIDE, value};
use crate::store::error::StoreError;
use crate::store::inbox::{Archive, Envelope, Glance};
use crate::store::read_cursor;
use crate::store::tx::ReadTx;

/// The owner side's first unread message in the channel.
pub fn oldest_unread(tx: &ReadTx<'_>, glance: &Glance) -> Result<Option<Sequence>, StoreError> {
    const EXCEPTED: &str = "select sequence
                              from read_exception
                             where channel_id = ?1 and reader = 0 and read = 0
                             order by sequence
                             limit 1";
    if glance.unread.number == 0 {
        return Ok(None);
    }
    let new = read_cursor::first_unread_after(tx, &glance.viewpoint, glance.cursor, Sequence(i64::MAX))?;
    let excepted = if glance.excepted { tx.first(EXCEPTED, [glance.channel], value)? } else { None };
    Ok(match (new, excepted) {
        (Some(new), Some(excepted)) => Some(new.min(excepted)),
        (new, excepted) => new.or(excepted),
    })
}

/// Whether a message is unread for the owner side.
pub fn is_unread(tx: &ReadTx<'_>, glance: &Glance, envelope: &Envelope) -> Result<bool, StoreError> {
    is_open(tx, glance, OWNER_SIDE, (glance.cursor, glance.excepted), envelope)
}

/// Whether a message was put out of the inbox. Own ones never were in it.
pub fn is_archived(tx: &ReadTx<'_>, glance: &Glance, envelope: &Envelope) -> Result<bool, StoreError> {
    let Archive { cursor, excepted } = glance.archive;
    Ok(!glance.wrote(envelope.author) && !is_open(tx, glance, ARCHIVE, (cursor, excepted), envelope)?)
}

fn is_open(
    tx: &ReadTx<'_>,
    glance: &Glance,
    reader: i64,
    (cursor, any_excepted): (Sequence, bool),
    envelope: &Envelope,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "select read from read_exception where channel_id = ?1 and reader = ?2 and sequence = ?3";
    let excepted: Option<bool> = if any_excepted {
        let key = (glance.channel.0, reader, envelope.sequence.0);
        tx.first(SQL, key, value)?
    } else {
        None
    };
    Ok(match excepted {
        Some(read) => !read,
        None => !glance.wrote(envelope.author) && envelope.sequence > cursor,
    })
}
