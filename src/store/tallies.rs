//! What the messages of one commit add to their channels and accounts: written once for each channel and account instead
//! of once for each message. And what counts beside messages.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::channel::ChannelState;
use crate::domain::id::{AccountId, ChannelRow};
use crate::domain::message::Sequence;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;
use crate::store::{accounts, channels};

/// What decides whether a channel takes another message, the messages before it in the same commit included.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The highest sequence ever given.
    pub head: Sequence,
    pub state: ChannelState,
    /// The bytes that its account stores, in all channels.
    pub account_bytes: i64,
}

/// What is not written yet.
#[derive(Default)]
pub(super) struct Tallies {
    channels: HashMap<ChannelRow, ChannelTally>,
    accounts: HashMap<AccountId, AccountTally>,
}

struct ChannelTally {
    head: Sequence,
    state: ChannelState,
    added: Added,
}

struct AccountTally {
    /// Bytes before this commit.
    stored: i64,
    added: Added,
}

#[derive(Default)]
struct Added {
    messages: i64,
    bytes: i64,
}

/// The channel's standing; `None` when it is gone.
pub fn standing(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    account: AccountId,
) -> Result<Option<Standing>, StoreError> {
    let mut tallies = tx.tallies().borrow_mut();
    let tallies = &mut *tallies;
    let channel = match tallies.channels.entry(channel) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            let Some((head, state)) = channels::head_and_state(tx, channel)? else { return Ok(None) };
            place.insert(ChannelTally { head, state, added: Added::default() })
        }
    };
    let account = match tallies.accounts.entry(account) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            place.insert(AccountTally { stored: accounts::bytes(tx, account)?, added: Added::default() })
        }
    };
    let account_bytes = account.stored + account.added.bytes;
    Ok(Some(Standing { head: channel.head, state: channel.state, account_bytes }))
}

/// Counts a message in whose channel's standing was asked for.
pub fn add(tx: &WriteTx<'_>, channel: ChannelRow, account: AccountId, sequence: Sequence, bytes: i64) {
    let mut tallies = tx.tallies().borrow_mut();
    if let Some(channel) = tallies.channels.get_mut(&channel) {
        channel.head = sequence;
        channel.added.count(bytes);
    }
    if let Some(account) = tallies.accounts.get_mut(&account) {
        account.added.count(bytes);
    }
}

/// Counts rows that a channel holds beside its messages: in or, when negative, out. A channel that is gone was counted out
/// as a whole.
pub(super) fn charge(
    tx: &WriteTx<'_>,
    row: ChannelRow,
    bytes_each: i64,
    rows: usize,
) -> Result<(), StoreError> {
    const CHANNEL: &str = "update channel set bytes = bytes + ?2 where id = ?1";
    const ACCOUNT: &str =
        "update account set bytes = bytes + ?2 where id = (select account_id from channel where id = ?1)";
    let bytes = bytes_each.saturating_mul(i64::try_from(rows).unwrap_or(i64::MAX));
    if bytes != 0 {
        tx.prepare(CHANNEL)?.execute((row.0, bytes))?;
        tx.prepare(ACCOUNT)?.execute((row.0, bytes))?;
    }
    Ok(())
}

/// Writes what was added, before anything else looks at the rows.
pub(super) fn settle(tx: &WriteTx<'_>) -> Result<(), StoreError> {
    let Tallies { channels, accounts } = tx.tallies().take();
    for (row, ChannelTally { head, added, .. }) in channels {
        if added.messages > 0 {
            channels::grow(tx, row, head, added.messages, added.bytes)?;
        }
    }
    for (id, AccountTally { added, .. }) in accounts {
        if added.messages > 0 {
            accounts::grow(tx, id, added.messages, added.bytes)?;
        }
    }
    Ok(())
}

impl Added {
    fn count(&mut self, bytes: i64) {
        self.messages += 1;
        self.bytes += bytes;
    }
}
