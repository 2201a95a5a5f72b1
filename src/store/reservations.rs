//! The number of a message and its room in the account's storage. They are reserved before the message is inserted, and
//! inserting takes the reservation, so that no message goes uncounted.

use std::collections::hash_map::Entry;

use crate::domain::channel::ChannelState;
use crate::domain::id::{AccountId, ArrivalId, ChannelRow};
use crate::domain::message::Sequence;
use crate::store::channels::state_value;
use crate::store::counters::{self, AccountCounts};
use crate::store::error::StoreError;
use crate::store::tallies::{AccountTally, Added, ChannelTally};
use crate::store::tx::{CheckTx, WriteTx};

/// What decides whether a channel takes another message, the messages before it in the same commit included.
#[derive(Debug)]
pub struct Offer {
    channel: ChannelRow,
    account: AccountId,
    head: Sequence,
    pub state: ChannelState,
    /// The bytes that its account stores, in all channels.
    pub account_bytes: i64,
    /// What the account may store, 0 for no limit; `None` when it has no quota of its own.
    pub account_quota: Option<i64>,
}

/// The next number of a channel, for one message of this commit.
#[derive(Debug)]
#[must_use = "the number is used by `messages::insert`"]
pub struct Reserved {
    channel: ChannelRow,
    account: AccountId,
    sequence: Sequence,
    /// Bytes that count beside the message's own.
    beside: i64,
}

/// Asks a channel for its next number; `None` when it is gone.
pub fn ask(tx: &CheckTx<'_>, channel: ChannelRow, account: AccountId) -> Result<Option<Offer>, StoreError> {
    const SQL: &str = "select head, locked from channel where id = ?1";
    let mut tallies = tx.tallies().borrow_mut();
    let tallies = &mut *tallies;
    let of_channel = match tallies.channels.entry(channel) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            let found = tx.first(SQL, [channel], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some((head, locked)) = found else { return Ok(None) };
            place.insert(ChannelTally { head, state: state_value(locked), added: Added::default() })
        }
    };
    let of_account = match tallies.accounts.entry(account) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            let AccountCounts { bytes, quota, last } = counters::of_account(tx, account)?;
            place.insert(AccountTally { stored: bytes, quota, last, added: Added::default() })
        }
    };
    Ok(Some(Offer {
        channel,
        account,
        head: of_channel.head,
        state: of_channel.state,
        account_bytes: of_account.stored + of_account.added.bytes,
        account_quota: of_account.quota,
    }))
}

impl Offer {
    /// Takes it. `beside` are the bytes that count with the message's own.
    pub fn reserve(self, beside: i64) -> Reserved {
        let Self { channel, account, head, .. } = self;
        Reserved { channel, account, sequence: head.next(), beside }
    }
}

impl Reserved {
    pub(super) fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Counts the message in, which takes so many bytes.
    pub(super) fn count(self, tx: &WriteTx<'_>, bytes: i64) -> (Sequence, ArrivalId) {
        let mut tallies = tx.tallies().borrow_mut();
        let bytes = bytes + self.beside;
        if let Some(channel) = tallies.channels.get_mut(&self.channel) {
            channel.head = self.sequence;
            channel.added.count(bytes);
        }
        let account = tallies.accounts.get_mut(&self.account);
        // Whoever has a reservation asked for it in this commit.
        let arrival = account.map_or(ArrivalId(0), |account| account.count(bytes, tx.now()));
        (self.sequence, arrival)
    }
}
