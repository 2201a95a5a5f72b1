//! Answers to writes that carried an Idempotency-Key.

use rusqlite::Params;

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::domain::id::ChannelRow;
use crate::domain::message::{Author, NewMessage, Sequence};
use crate::domain::time::Timestamp;
use crate::store::columns::author_column;
use crate::store::counters;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// What a remembered answer counts.
pub const ANSWER_BYTES: i64 = 128;

/// What was answered to an earlier write with the same key.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    pub sequence: Sequence,
    pub received: Timestamp,
    /// Whether that write had the same content type and payload.
    pub same_body: bool,
}

/// The earlier answer, unless it was given before `oldest`.
pub fn find(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    author: Author,
    key: &str,
    message: &NewMessage,
    oldest: Timestamp,
) -> Result<Option<Answered>, StoreError> {
    const SQL: &str = "select sequence, received_at, body_blind
                         from idempotency
                        where channel_id = ?1 and author = ?2 and key_blind = ?3 and received_at > ?4";
    let body = body_blind(tx, message);
    let parameters = (channel.0, author_column(author), key_blind(tx, key), oldest);
    let answered = tx.first(SQL, parameters, |row| {
        Ok(Answered {
            sequence: row.get(0)?,
            received: row.get(1)?,
            same_body: row.get::<_, Blind>(2)? == body,
        })
    })?;
    Ok(answered)
}

/// Remembers an answer; one that has expired under the same key gives way. Its writer counts it with the message.
pub fn insert(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    author: Author,
    key: &str,
    message: &NewMessage,
    sequence: Sequence,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into idempotency
                              (channel_id, author, key_blind, body_blind, sequence, received_at)
                       values (?1, ?2, ?3, ?4, ?5, ?6)";
    let key = (channel.0, author_column(author), key_blind(tx, key));
    forget_key(tx, key)?;
    tx.change(SQL, (key.0, key.1, key.2, body_blind(tx, message), sequence, tx.now()))?;
    Ok(())
}

/// Forgets some of the answers that were given before the instant; answers how many.
pub fn forget_old(tx: &WriteTx<'_>, before: Timestamp, most: u32) -> Result<usize, StoreError> {
    const SQL: &str = "select channel_id, author, key_blind from idempotency where received_at < ?1 limit ?2";
    forget(tx, SQL, (before, most))
}

/// Forgets some answers of a channel that is gone.
pub(super) fn forget_of_channel(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    most: u32,
) -> Result<usize, StoreError> {
    const SQL: &str = "select channel_id, author, key_blind from idempotency where channel_id = ?1 limit ?2";
    forget(tx, SQL, (channel.0, most))
}

fn forget(tx: &WriteTx<'_>, which: &'static str, parameters: impl Params) -> Result<usize, StoreError> {
    let keys: Vec<(i64, i64, Blind)> =
        tx.all(which, parameters, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // One by one: for a list of whole keys SQLite would walk the table.
    for key in &keys {
        forget_key(tx, *key)?;
    }
    Ok(keys.len())
}

fn forget_key(tx: &WriteTx<'_>, key: (i64, i64, Blind)) -> Result<(), StoreError> {
    const SQL: &str = "delete from idempotency where channel_id = ?1 and author = ?2 and key_blind = ?3";
    let forgotten = tx.change(SQL, key)?;
    counters::charge(tx, ChannelRow(key.0), -ANSWER_BYTES, forgotten)
}

fn key_blind(tx: &ReadTx<'_>, key: &str) -> Blind {
    tx.keyring().blind().of(BlindColumn::IdempotencyKey, key.as_bytes())
}

fn body_blind(tx: &ReadTx<'_>, message: &NewMessage) -> Blind {
    let parts: [&[u8]; 2] = [message.content_type.as_str().as_bytes(), message.payload.as_bytes()];
    tx.keyring().blind().of_parts(BlindColumn::IdempotencyBody, &parts)
}
