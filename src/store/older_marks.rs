//! Marking a message and every older one, a part at a time, so that no writer waits for all of them.
//!
//! After each part the state of every message is either as it was or as it shall be.

use crate::domain::message::Sequence;
use crate::domain::read_state::ReadState;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::read_cursor::{Range, advance_cursor, count, cursor, except_foreign, set_cursor, uncount};
use crate::store::tx::WriteTx;
use crate::store::viewpoint::Viewpoint;

/// Messages of one part.
const PART: i64 = 10_000;

/// Marks some of the messages up to a sequence as read, the oldest first. True when all are.
pub fn mark_read(tx: &WriteTx<'_>, viewpoint: &Viewpoint, sequence: Sequence) -> Result<bool, StoreError> {
    const LAST: &str = "select sequence
                          from read_exception
                         where channel_id = ?1 and reader = ?2 and sequence <= ?3
                         order by sequence
                         limit 1 offset ?4";
    let (channel, reader) = viewpoint.key();
    let parameters = (channel, reader, sequence.0, PART);
    let last: Option<i64> = tx.first(LAST, parameters, value)?;
    let upto = last.map_or(sequence, Sequence);
    forget_exceptions(tx, viewpoint, Sequence::NONE, upto)?;
    let reached = cursor(tx, viewpoint)?.max(upto);
    set_cursor(tx, viewpoint, reached)?;
    if upto < sequence {
        return Ok(false);
    }
    advance_cursor(tx, viewpoint, reached)?;
    Ok(true)
}

/// What is left to do where messages are marked as unread: a message and every older visible one, own ones included, or
/// those of others above some message.
#[derive(Debug, Clone, Copy)]
pub struct Unmarking {
    /// Up to here nothing is marked.
    floor: Sequence,
    sequence: Sequence,
    own_too: bool,
    /// Whether the cursor moves back. If not, each message below it gets an exception. If so, each read message above the
    /// new place gets one, and below it only own messages do.
    goes_back: bool,
    /// What is above is done.
    rest: Sequence,
}

impl Unmarking {
    /// A message and every older one.
    pub fn begin(tx: &WriteTx<'_>, viewpoint: &Viewpoint, sequence: Sequence) -> Result<Self, StoreError> {
        Self::new(tx, viewpoint, viewpoint.since, sequence, true)
    }

    /// The messages of others above `floor` and up to a sequence.
    pub(super) fn of_others(
        tx: &WriteTx<'_>,
        viewpoint: &Viewpoint,
        floor: Sequence,
        sequence: Sequence,
    ) -> Result<Self, StoreError> {
        Self::new(tx, viewpoint, floor.max(viewpoint.since), sequence, false)
    }

    /// Chooses what costs fewer exceptions.
    fn new(
        tx: &WriteTx<'_>,
        viewpoint: &Viewpoint,
        floor: Sequence,
        sequence: Sequence,
        own_too: bool,
    ) -> Result<Self, StoreError> {
        let cursor = cursor(tx, viewpoint)?;
        let goes_back = cursor.0 - sequence.0 <= sequence.0 - floor.0;
        let rest = if goes_back { cursor.max(sequence) } else { sequence };
        Ok(Self { floor, sequence, own_too, goes_back, rest })
    }

    /// Marks a part, the newest first, and answers what is left.
    pub fn go_on(self, tx: &WriteTx<'_>, viewpoint: &Viewpoint) -> Result<Option<Self>, StoreError> {
        let low = Sequence((self.rest.0 - PART).max(self.floor.0));
        let cursor = cursor(tx, viewpoint)?;
        let marked = (low, self.rest.min(self.sequence));
        if self.own_too {
            forget_exceptions(tx, viewpoint, marked.0, marked.1)?;
        } else {
            forget_foreign(tx, viewpoint, marked.0, marked.1)?;
        }
        // Had somebody moved the cursor up meanwhile, going back would take what is read above along.
        if self.goes_back && cursor <= self.rest {
            if self.own_too {
                except_own(tx, viewpoint, marked)?;
            }
            except_foreign(tx, viewpoint, (low.max(self.sequence), cursor), ReadState::Read)?;
            set_cursor(tx, viewpoint, cursor.min(low))?;
        } else if self.own_too {
            except_all(tx, viewpoint, marked)?;
        } else {
            except_foreign(tx, viewpoint, marked, ReadState::Unread)?;
        }
        Ok((low > self.floor).then_some(Self { rest: low, ..self }))
    }
}

/// Keeps the messages of a range unread wherever the cursor is.
fn except_all(tx: &WriteTx<'_>, viewpoint: &Viewpoint, (low, high): Range) -> Result<(), StoreError> {
    const SQL: &str = "insert into read_exception (channel_id, reader, sequence, read)
                       select channel_id, ?2, sequence, 0
                         from envelope
                        where channel_id = ?1 and sequence > ?3 and sequence <= ?4";
    let (channel, reader) = viewpoint.key();
    count(tx, viewpoint.channel, tx.change(SQL, (channel, reader, low, high))?)
}

/// Keeps the reader's own messages of a range unread.
fn except_own(tx: &WriteTx<'_>, viewpoint: &Viewpoint, (low, high): Range) -> Result<(), StoreError> {
    const SQL: &str = "insert into read_exception (channel_id, reader, sequence, read)
                       select channel_id, ?2, sequence, 0
                         from envelope
                        where channel_id = ?1 and sequence > ?3 and sequence <= ?4 and author in (?5, ?6)";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let excepted = tx.change(SQL, (channel, reader, low, high, own, other_own))?;
    count(tx, viewpoint.channel, excepted)
}

fn forget_exceptions(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    low: Sequence,
    high: Sequence,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from read_exception
                        where channel_id = ?1 and reader = ?2 and sequence > ?3 and sequence <= ?4";
    let (channel, reader) = viewpoint.key();
    uncount(tx, viewpoint.channel, tx.change(SQL, (channel, reader, low, high))?)
}

/// The same for messages of others: an own one that was marked unread stays so.
pub(super) fn forget_foreign(
    tx: &WriteTx<'_>,
    viewpoint: &Viewpoint,
    low: Sequence,
    high: Sequence,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from read_exception
                        where channel_id = ?1 and reader = ?2 and sequence > ?3 and sequence <= ?4
                          and not exists (select 1
                                            from envelope e
                                           where e.channel_id = ?1 and e.sequence = read_exception.sequence
                                             and e.author in (?5, ?6))";
    let (channel, reader) = viewpoint.key();
    let (own, other_own) = viewpoint.own_authors();
    let forgotten = tx.change(SQL, (channel, reader, low, high, own, other_own))?;
    uncount(tx, viewpoint.channel, forgotten)
}
