//! Messages without what is in them.

use rusqlite::{Params, Row};

use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, Sequence};
use crate::domain::time::Timestamp;
use crate::store::columns::author_value;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// A message from outside.
#[derive(Debug, Clone, Copy)]
pub struct Envelope {
    /// Orders messages of all channels by when they were stored here.
    pub id: i64,
    pub sequence: Sequence,
    pub author: Author,
    pub received: Timestamp,
}

/// Envelopes, as [`envelope`] reads them.
macro_rules! select_envelopes {
    ($of:literal) => {
        concat!("select message_id, sequence, author, received_at from ", $of)
    };
}

pub(super) use select_envelopes;

pub(super) const ONE: &str = select_envelopes!("envelope where channel_id = ?1 and sequence = ?2");

/// The newest messages of a channel with sequences below that one.
pub(super) fn newest_of_all(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    below: Sequence,
    most: usize,
) -> Result<Vec<Envelope>, StoreError> {
    const SQL: &str = select_envelopes!(
        "envelope
          where channel_id = ?1 and sequence < ?2
          order by sequence desc
          limit ?3"
    );
    envelopes(tx, SQL, (channel.0, below.0, limit(most)))
}

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

pub(super) fn envelopes(
    tx: &ReadTx<'_>,
    sql: &'static str,
    parameters: impl Params,
) -> Result<Vec<Envelope>, StoreError> {
    tx.all(sql, parameters, envelope)
}

fn envelope(row: &Row<'_>) -> Result<Envelope, StoreError> {
    Ok(Envelope {
        id: row.get(0)?,
        sequence: row.get(1)?,
        author: author_value(row.get(2)?),
        received: row.get(3)?,
    })
}
