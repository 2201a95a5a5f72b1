//! Rows of envelopes: which message is where in which channel.
//!
//! New ones come into a small table and go to the large one many at a time, because messages that come together for many
//! channels would otherwise change a page of the large one each. Whoever reads asks the view `envelope` for both.

use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, Sequence};
use crate::store::columns::author_column;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;

/// New envelopes that are filed together. More of them make the small table's pages many; with fewer each finds less
/// company on a page of the large one.
const MANY: i64 = 1024;

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
    let parameters = (channel.0, sequence.0, author_column(author), tx.now().as_millis(), message);
    tx.prepare(SQL)?.execute(parameters)?;
    Ok(())
}

/// Files what is new once it is [`MANY`].
pub(super) fn file_when_many(tx: &WriteTx<'_>) -> Result<(), StoreError> {
    const COUNT: &str = "select count(*) from new_envelope";
    const FILE: &str = "insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
                        select channel_id, sequence, author, received_at, message_id
                          from new_envelope";
    const EMPTY: &str = "delete from new_envelope";
    let new: i64 = tx.prepare(COUNT)?.query_row([], |row| row.get(0))?;
    if new >= MANY {
        tx.prepare(FILE)?.execute([])?;
        tx.prepare(EMPTY)?.execute([])?;
    }
    Ok(())
}
