//! Pruning: which channels have a maximum age, and removing what is older, in slices.

use rusqlite::OptionalExtension;

use crate::domain::id::{AccountId, ChannelRow};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{accounts, channels};

/// A channel whose messages are pruned.
#[derive(Debug, Clone, Copy)]
pub struct Prunable {
    pub channel: ChannelRow,
    pub account: AccountId,
}

/// Every channel with `auto_prune` and a maximum age; 0 or null is no limit.
pub fn prunable(tx: &ReadTx<'_>) -> Result<Vec<Prunable>, StoreError> {
    const SQL: &str = "select id, account_id
                         from channel
                        where auto_prune = 1 and max_age_days > 0 and messages > 0
                        order by id";
    let mut statement = tx.prepare(SQL)?;
    let rows = statement.query_map([], |row| {
        Ok(Prunable { channel: ChannelRow(row.get(0)?), account: AccountId(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes the oldest messages that are past the channel's maximum age, at most `most`, and answers how many they were.
///
/// The age is that of this moment: a holder who turned pruning off a moment ago loses nothing more. Looks at the oldest
/// by sequence only: a later message is younger, and where the clock was turned back it waits for those before it.
pub fn prune(tx: &WriteTx<'_>, prunable: &Prunable, most: u32) -> Result<u64, StoreError> {
    const MAX_AGE: &str =
        "select max_age_days from channel where id = ?1 and auto_prune = 1 and max_age_days > 0";
    const LAST: &str = "select max(sequence)
                          from (select sequence, received_at
                                  from envelope
                                 where channel_id = ?1
                                 order by sequence
                                 limit ?3)
                         where received_at <= ?2";
    const TALLY: &str = "select count(*), coalesce(sum(length(m.sealed)), 0)
                           from envelope e
                           join message m on m.id = e.message_id
                          where e.channel_id = ?1 and e.sequence <= ?2 and e.received_at <= ?3";
    const DELETE: &str =
        "delete from envelope where channel_id = ?1 and sequence <= ?2 and received_at <= ?3";
    const FORGET: &str = "delete from read_exception
                           where channel_id = ?1
                             and reader in (select id from token where channel_id = ?1 union all select 0)
                             and sequence <= ?2
                             and not exists (select 1
                                               from envelope e
                                              where e.channel_id = read_exception.channel_id
                                                and e.sequence = read_exception.sequence)";
    let channel = prunable.channel.0;
    let max_age_days: Option<i64> = tx.prepare(MAX_AGE)?.query_row([channel], |row| row.get(0)).optional()?;
    let Some(max_age_days) = max_age_days else { return Ok(0) };
    let oldest_kept = tx.now().as_millis() - max_age_days * DAY_MS;
    let last: Option<i64> =
        tx.prepare(LAST)?.query_row((channel, oldest_kept, most), |row| row.get(0)).optional()?.flatten();
    let Some(last) = last else { return Ok(0) };
    let bounds = (channel, last, oldest_kept);
    let (messages, bytes): (i64, i64) =
        tx.prepare(TALLY)?.query_row(bounds, |row| Ok((row.get(0)?, row.get(1)?)))?;
    tx.prepare(DELETE)?.execute(bounds)?;
    tx.prepare(FORGET)?.execute((channel, last))?;
    channels::shrink(tx, prunable.channel, messages, bytes)?;
    accounts::shrink(tx, prunable.account, messages, bytes)?;
    Ok(u64::try_from(messages).unwrap_or(0))
}

/// Forgets answers to idempotent writes that were given before the instant.
pub fn forget_answers(tx: &WriteTx<'_>, before: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "delete from idempotency where received_at < ?1";
    tx.prepare(SQL)?.execute([before.as_millis()])?;
    Ok(())
}
