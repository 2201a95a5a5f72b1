//! Pruning: which channels have a maximum age, and removing what is older, in slices.

use crate::domain::id::{AccountId, ChannelRow};
use crate::domain::time::DAY_MS;
use crate::store::columns::{counted, value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{counters, messages, noted, read_states};

/// Messages that are removed in one change: others wait no longer than this takes.
const MESSAGES: u32 = 250;

/// A channel whose messages are pruned.
#[derive(Debug, Clone, Copy)]
pub struct Prunable {
    pub channel: ChannelRow,
    pub account: AccountId,
}

/// How many messages of a channel are past so many days.
pub fn count_older(tx: &ReadTx<'_>, channel: ChannelRow, days: i32) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from envelope where channel_id = ?1 and received_at <= ?2";
    tx.one(SQL, (channel, tx.now().as_millis() - i64::from(days) * DAY_MS), counted)
}

/// Every channel with `auto_prune` and a maximum age; 0 or null is no limit.
pub fn prunable(tx: &ReadTx<'_>) -> Result<Vec<Prunable>, StoreError> {
    const SQL: &str = "select id, account_id
                         from channel
                        where auto_prune = 1 and max_age_days > 0 and messages > 0
                        order by id";
    tx.all(SQL, [], |row| Ok(Prunable { channel: row.get(0)?, account: row.get(1)? }))
}

/// Removes some of the oldest messages that are past the channel's maximum age, and answers how many they were.
///
/// The age is that of this moment: a holder who turned pruning off a moment ago loses nothing more. Looks at the oldest
/// by sequence only: a later message is younger, and where the clock was turned back it waits for those before it.
pub fn prune(tx: &WriteTx<'_>, prunable: &Prunable) -> Result<u64, StoreError> {
    const MAX_AGE: &str =
        "select max_age_days from channel where id = ?1 and auto_prune = 1 and max_age_days > 0";
    let Prunable { channel, account } = *prunable;
    let max_age_days: Option<i64> = tx.first(MAX_AGE, [channel], value)?;
    let Some(max_age_days) = max_age_days else { return Ok(0) };
    let oldest_kept = tx.now().as_millis() - max_age_days * DAY_MS;
    let deleted = messages::delete_oldest(tx, channel, oldest_kept, MESSAGES)?;
    if deleted.messages == 0 {
        return Ok(0);
    }
    let messages = i64::try_from(deleted.messages).unwrap_or(i64::MAX);
    read_states::forget_deleted(tx, channel, deleted.last)?;
    noted::forget_gone(tx, channel, deleted.last)?;
    counters::shrink(tx, channel, account, messages, deleted.bytes)?;
    Ok(deleted.messages as u64)
}
