//! What the messages of one commit add to their channels and accounts, until it is written: once for each channel and
//! account instead of once for each message.

use std::collections::HashMap;

use crate::domain::channel::ChannelState;
use crate::domain::id::{AccountId, ArrivalId, ChannelRow};
use crate::domain::message::Sequence;
use crate::domain::time::Timestamp;

/// What is not written yet.
#[derive(Default)]
pub(super) struct Tallies {
    pub(super) channels: HashMap<ChannelRow, ChannelTally>,
    pub(super) accounts: HashMap<AccountId, AccountTally>,
}

pub(super) struct ChannelTally {
    /// The highest sequence ever given.
    pub(super) head: Sequence,
    pub(super) state: ChannelState,
    pub(super) added: Added,
}

pub(super) struct AccountTally {
    /// Bytes before this commit.
    pub(super) stored: i64,
    /// What it may store, 0 for no limit; `None` when it has no quota of its own.
    pub(super) quota: Option<i64>,
    /// The last message, this commit's included.
    pub(super) last: ArrivalId,
    pub(super) added: Added,
}

impl AccountTally {
    /// Counts a message that takes so many bytes.
    pub(super) fn count(&mut self, bytes: i64, now: Timestamp) -> ArrivalId {
        self.added.count(bytes);
        self.last = self.last.next(now);
        self.last
    }
}

#[derive(Default)]
pub(super) struct Added {
    pub(super) messages: i64,
    pub(super) bytes: i64,
}

impl Added {
    pub(super) fn count(&mut self, bytes: i64) {
        self.messages += 1;
        self.bytes += bytes;
    }
}
