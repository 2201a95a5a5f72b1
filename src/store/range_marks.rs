//! Marking messages of others from one to another, a part at a time, and what such a mark would change.
//!
//! After each part the state of every message is either as it was or as it shall be.

use crate::domain::message::Sequence;
use crate::domain::read_state::ReadState;
use crate::store::error::StoreError;
use crate::store::older_marks::{Unmarking, forget_foreign};
use crate::store::read_cursor::{advance_cursor, cursor, except_foreign, set_cursor};
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::undo::MOST_PARTS;
use crate::store::viewpoint::Viewpoint;

/// Messages of one part.
const PART: i64 = 10_000;

/// Messages from the first to the last.
pub type Span = (Sequence, Sequence);

/// What is left to do of a mark.
#[derive(Debug, Clone, Copy)]
pub enum RangeMark {
    Read {
        /// What is up to here is done.
        done: Sequence,
        last: Sequence,
    },
    Unread(Unmarking),
}

impl RangeMark {
    /// Marks the messages of others in a stretch, of which nothing is done yet.
    pub fn begin(
        tx: &WriteTx<'_>,
        viewpoint: &Viewpoint,
        (first, last): Span,
        state: ReadState,
    ) -> Result<Self, StoreError> {
        let before = Sequence(first.0 - 1);
        Ok(match state {
            ReadState::Read => Self::Read { done: before, last },
            ReadState::Unread => Self::Unread(Unmarking::of_others(tx, viewpoint, before, last)?),
        })
    }

    /// Marks a part and answers what is left.
    pub fn go_on(self, tx: &WriteTx<'_>, viewpoint: &Viewpoint) -> Result<Option<Self>, StoreError> {
        match self {
            Self::Read { done, last } => {
                let upto = Sequence(done.0.saturating_add(PART)).min(last);
                forget_foreign(tx, viewpoint, done, upto)?;
                let mut reached = cursor(tx, viewpoint)?;
                if reached < done {
                    except_foreign(tx, viewpoint, (done, upto), ReadState::Read)?;
                } else if reached < upto {
                    set_cursor(tx, viewpoint, upto)?;
                    reached = upto;
                }
                advance_cursor(tx, viewpoint, reached)?;
                Ok((upto < last).then_some(Self::Read { done: upto, last }))
            }
            Self::Unread(unmarking) => Ok(unmarking.go_on(tx, viewpoint)?.map(Self::Unread)),
        }
    }
}

/// Stretches of messages whose state such a mark changes. More than can be taken back are not all told.
pub fn changed(
    tx: &ReadTx<'_>,
    viewpoint: &Viewpoint,
    (first, last): Span,
    state: ReadState,
) -> Result<Vec<Span>, StoreError> {
    const SQL: &str = "select sequence, read
                         from read_exception
                        where channel_id = ?1 and reader = ?2 and sequence >= ?3 and sequence <= ?4
                        order by sequence";
    let cursor = cursor(tx, viewpoint)?;
    let (mut start, end) = match state {
        ReadState::Read => (first.max(Sequence(cursor.0 + 1)), last),
        ReadState::Unread => (first, last.min(cursor)),
    };
    let mut changed = Vec::new();
    let mut statement = tx.prepare(SQL)?;
    let (channel, reader) = viewpoint.key();
    let mut rows = statement.query((channel, reader, first, last))?;
    while changed.len() <= MOST_PARTS
        && let Some(row) = rows.next()?
    {
        let (sequence, read): (i64, bool) = (row.get(0)?, row.get(1)?);
        if read != (state == ReadState::Read) {
            changed.push((Sequence(sequence), Sequence(sequence)));
        } else if sequence >= start.0 && sequence <= end.0 {
            changed.extend((start.0 < sequence).then_some((start, Sequence(sequence - 1))));
            start = Sequence(sequence + 1);
        }
    }
    changed.extend((start <= end).then_some((start, end)));
    Ok(changed)
}
