//! What those who are told elsewhere have in common: who is at work, and what each is told next.

use rusqlite::Row;

use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::store::error::{StoreError, readable};
use crate::store::tx::ReadTx;

/// What a receiver is told next.
#[derive(Debug)]
pub enum Found<Due, Told> {
    Something(Due),
    /// What came is nothing to tell: it was told everything up to here once that is noted.
    Over(Told),
    Nothing(After),
}

/// What was found. What is damaged now may be whole again when a backup was put back.
pub(super) fn if_readable<Due, Told>(
    found: Result<Found<Due, Told>, StoreError>,
) -> Result<Found<Due, Told>, StoreError> {
    Ok(readable(found)?.unwrap_or(Found::Nothing(After::Gone)))
}

/// The statements that select who is at work, as id, what is watched, account and time of the next try.
pub(super) struct AtWorkSql {
    pub(super) all: &'static str,
    /// Those that watch this.
    pub(super) of_one: &'static str,
}

/// All that are at work, or those that watch this.
pub(super) fn at_work(
    tx: &ReadTx<'_>,
    sql: &AtWorkSql,
    only: Option<i64>,
    receiver: fn(i64) -> Receiver,
    watched: fn(i64) -> Watched,
) -> Result<Vec<AtWork>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(AtWork {
            receiver: receiver(row.get(0)?),
            watched: watched(row.get(1)?),
            account: row.get(2)?,
            next_try: row.get(3)?,
        })
    };
    match only {
        Some(one) => tx.all(sql.of_one, [one], read),
        None => tx.all(sql.all, [], read),
    }
}
