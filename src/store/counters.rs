//! How many messages and bytes channels and accounts say that they hold.

use crate::domain::id::{AccountId, ArrivalId, ChannelRow};
use crate::domain::message::Sequence;
use crate::store::error::StoreError;
use crate::store::tallies::{AccountTally, Added, ChannelTally, Tallies};
use crate::store::tx::{ReadTx, WriteTx};

/// What an account says of itself.
pub struct AccountCounts {
    /// The bytes that it stores, as the quota counts them.
    pub bytes: i64,
    /// The bytes that it may store, 0 for no limit; `None` when it has no quota of its own.
    pub quota: Option<i64>,
    /// Its last message, 0 before the first.
    pub last: ArrivalId,
}

/// The counts of an account.
pub fn of_account(tx: &ReadTx<'_>, account: AccountId) -> Result<AccountCounts, StoreError> {
    const SQL: &str = "select bytes, quota, last_message from account where id = ?1";
    tx.one(SQL, [account], |row| {
        Ok(AccountCounts { bytes: row.get(0)?, quota: row.get(1)?, last: row.get(2)? })
    })
}

/// Messages came from elsewhere, that nobody was told of.
pub fn note_arrivals(tx: &WriteTx<'_>, account: AccountId) -> Result<(), StoreError> {
    const SQL: &str = "update account set last_message = ?2 where id = ?1";
    let arrival = of_account(tx, account)?.last.next(tx.now());
    tx.change(SQL, (account, arrival))?;
    Ok(())
}

/// The messages of the channel, and the bytes that it counts.
pub fn of_channel(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<(i64, i64), StoreError> {
    const SQL: &str = "select messages, bytes from channel where id = ?1";
    tx.one(SQL, [channel], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Counts removed messages out. The head stays: a sequence is never used again.
pub fn shrink(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    account: AccountId,
    messages: i64,
    bytes: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "update channel set messages = messages - ?2, bytes = bytes - ?3 where id = ?1";
    tx.change(SQL, (channel, messages, bytes))?;
    shrink_account(tx, account, messages, bytes)
}

/// Counts out what a channel held that is deleted as a whole.
pub fn shrink_account(
    tx: &WriteTx<'_>,
    account: AccountId,
    messages: i64,
    bytes: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "update account set messages = messages - ?2, bytes = bytes - ?3 where id = ?1";
    tx.change(SQL, (account, messages, bytes))?;
    Ok(())
}

/// Counts rows that a channel holds beside its messages: in or, when negative, out. A channel that is gone was counted out
/// as a whole.
pub(super) fn charge(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    bytes_each: i64,
    rows: usize,
) -> Result<(), StoreError> {
    const CHANNEL: &str = "update channel set bytes = bytes + ?2 where id = ?1";
    const ACCOUNT: &str =
        "update account set bytes = bytes + ?2 where id = (select account_id from channel where id = ?1)";
    let bytes = bytes_each.saturating_mul(i64::try_from(rows).unwrap_or(i64::MAX));
    if bytes != 0 {
        tx.change(CHANNEL, (channel, bytes))?;
        tx.change(ACCOUNT, (channel, bytes))?;
    }
    Ok(())
}

/// Writes what messages added, before anything else looks at the rows.
pub(super) fn settle(tx: &WriteTx<'_>) -> Result<(), StoreError> {
    const CHANNEL: &str = "update channel
                              set head     = ?2,
                                  messages = messages + ?3,
                                  bytes    = bytes + ?4
                            where id = ?1";
    const ACCOUNT: &str = "update account
                              set messages     = messages + ?2,
                                  bytes        = bytes + ?3,
                                  last_message = ?4
                            where id = ?1";
    let Tallies { channels, accounts } = tx.tallies().take();
    for (channel, ChannelTally { head: Sequence(head), added: Added { messages, bytes }, .. }) in channels {
        if messages > 0 {
            tx.change(CHANNEL, (channel, head, messages, bytes))?;
        }
    }
    for (account, AccountTally { last, added: Added { messages, bytes }, .. }) in accounts {
        if messages > 0 {
            tx.change(ACCOUNT, (account, messages, bytes, last))?;
        }
    }
    Ok(())
}
