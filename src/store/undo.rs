//! Rows of what was done to messages in the inbox: how they were before, so that it can be taken back.

use std::time::Duration;

use rusqlite::Row;

use crate::domain::id::{AccountId, ChannelRow, SessionId, UndoId};
use crate::domain::message::Sequence;
use crate::domain::read_state::ReadState;
use crate::domain::time::Timestamp;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// What is kept for an account; a further one ends the oldest.
const MOST: u32 = 20;

/// How long it can be taken back. For deleted messages `deleted` has a shorter time.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// How many stretches of messages one may be about. What changed more at once cannot be taken back.
pub const MOST_PARTS: usize = 2000;

/// How messages of a channel were before.
#[derive(Debug, Clone, Copy)]
pub struct UndoRange {
    pub channel: ChannelRow,
    pub first: Sequence,
    /// The same as the first where it is one message.
    pub last: Sequence,
    pub was: Aspect,
}

/// Something that holds of a message for the account holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    Marked(ReadState),
    Archived(bool),
    Starred(bool),
    /// Until when, if at all.
    Snoozed(Option<Timestamp>),
    /// It is there.
    Undeleted,
}

impl Aspect {
    fn columns(self) -> (i64, i64) {
        match self {
            Self::Marked(state) => (0, i64::from(state == ReadState::Read)),
            Self::Archived(is) => (1, i64::from(is)),
            Self::Starred(is) => (2, i64::from(is)),
            Self::Snoozed(until) => (3, until.map_or(0, Timestamp::as_millis)),
            Self::Undeleted => (4, 0),
        }
    }

    fn of(aspect: i64, value: i64) -> Result<Self, StoreError> {
        let is = value != 0;
        match aspect {
            0 => Ok(Self::Marked(if is { ReadState::Read } else { ReadState::Unread })),
            1 => Ok(Self::Archived(is)),
            2 => Ok(Self::Starred(is)),
            3 => Ok(Self::Snoozed(is.then(|| Timestamp::from_millis(value)))),
            4 => Ok(Self::Undeleted),
            _ => Err(StoreError::Malformed("what is to be taken back")),
        }
    }
}

impl UndoRange {
    /// About one message.
    pub fn one(channel: ChannelRow, sequence: Sequence, was: Aspect) -> Self {
        Self { channel, first: sequence, last: sequence, was }
    }
}

/// Remembers what a session did; `None` when there is nothing to take back, or too much.
pub fn remember(
    tx: &WriteTx<'_>,
    account: AccountId,
    session: SessionId,
    parts: &[UndoRange],
) -> Result<Option<UndoId>, StoreError> {
    const SQL: &str = "insert into undo (account_id, session_id, done_at) values (?1, ?2, ?3)";
    const PART: &str = "insert into undo_part (undo_id, part, channel_id, first, last, aspect, value)
                        values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    const END_OLDEST: &str = "delete from undo
          where account_id = ?1
            and id <= (select id from undo where account_id = ?1 order by id desc limit 1 offset ?2)";
    if parts.is_empty() || parts.len() > MOST_PARTS {
        return Ok(None);
    }
    let id = tx.prepare(SQL)?.insert((account.0, session.0, tx.now()))?;
    for (number, part) in (0_i64..).zip(parts) {
        let (aspect, value) = part.was.columns();
        let UndoRange { channel, first, last, .. } = part;
        tx.change(PART, (id, number, channel, first, last, aspect, value))?;
    }
    tx.change(END_OLDEST, (account, MOST))?;
    Ok(Some(UndoId(id)))
}

/// What a session did last, or that one thing.
pub fn find(
    tx: &ReadTx<'_>,
    session: SessionId,
    which: Option<UndoId>,
) -> Result<Option<UndoId>, StoreError> {
    const LAST: &str = "select id from undo where session_id = ?1 and done_at > ?2 order by id desc limit 1";
    const ONE: &str = "select id from undo where session_id = ?1 and done_at > ?2 and id = ?3";
    let since = tx.now().before(KEPT_FOR);
    match which {
        None => tx.first(LAST, (session, since), value),
        Some(which) => tx.first(ONE, (session, since, which), value),
    }
}

/// The next part to be taken back, with its number.
pub fn next(tx: &ReadTx<'_>, id: UndoId) -> Result<Option<(i64, UndoRange)>, StoreError> {
    const SQL: &str = "select channel_id, first, last, aspect, value, part
                         from undo_part
                        where undo_id = ?1
                        order by part
                        limit 1";
    tx.first(SQL, [id], |row| Ok((row.get(5)?, part(row)?)))
}

/// Forgets a part that was taken back.
pub fn forget_part(tx: &WriteTx<'_>, id: UndoId, number: i64) -> Result<(), StoreError> {
    const SQL: &str = "delete from undo_part where undo_id = ?1 and part = ?2";
    tx.change(SQL, (id, number))?;
    Ok(())
}

/// Forgets all of it.
pub fn forget(tx: &WriteTx<'_>, id: UndoId) -> Result<(), StoreError> {
    const SQL: &str = "delete from undo where id = ?1";
    tx.change(SQL, [id])?;
    Ok(())
}

fn part(row: &Row<'_>) -> Result<UndoRange, StoreError> {
    Ok(UndoRange {
        channel: row.get(0)?,
        first: row.get(1)?,
        last: row.get(2)?,
        was: Aspect::of(row.get(3)?, row.get(4)?)?,
    })
}
