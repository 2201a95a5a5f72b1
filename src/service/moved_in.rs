//! What moving in came to: what was taken in, and what was not.

use crate::domain::id::ChannelId;

/// What was taken in, and what was not.
#[derive(Debug, Default, Clone)]
pub struct MovedIn {
    pub accounts: u64,
    pub users: u64,
    pub channels: u64,
    pub tokens: u64,
    /// Those of the tokens that are revoked.
    pub revoked: u64,
    pub messages: u64,
    pub devices: u64,
    /// Messages that were deleted there.
    pub deleted: u64,
    /// Messages without a byte, which are none here.
    pub empty: u64,
    /// Messages whose content types cannot be kept: they are bytes of no known type here.
    pub untyped: u64,
    /// Credentials that are not a name and a password.
    pub other_credentials: u64,
    /// What was here already.
    pub known_accounts: u64,
    pub known_users: u64,
    /// Channels that were here already, of which the dump knows nothing new.
    pub known_channels: u64,
    /// Channels that were here already and got what is new there.
    pub grown_channels: u64,
    /// Of these channels: tokens that were revoked there since, messages that were deleted there since, and states of
    /// messages that are other ones since.
    pub revoked_since: u64,
    pub deleted_since: u64,
    pub states_since: u64,
    /// Channels that were here already and did not get what is new there.
    pub left: Vec<LeftChannel>,
    /// Channels that strangers may use who know their addresses.
    pub open_channels: u64,
    /// Whether nobody manages this server.
    pub is_unmanaged: bool,
}

/// A channel that was changed here since it was taken in, so that what is new there has no place.
#[derive(Debug, Clone)]
pub struct LeftChannel {
    pub id: ChannelId,
    pub lacks: Lacks,
}

/// What a dump has that a channel here has not.
#[derive(Debug, Default, Clone, Copy)]
pub struct Lacks {
    pub messages: u64,
    pub tokens: u64,
    pub revocations: u64,
    pub deletions: u64,
}

impl Lacks {
    pub(super) fn any(&self) -> bool {
        self.messages + self.tokens + self.revocations + self.deletions > 0
    }
}
