//! Capabilities: values that prove that somebody may do something. Services ask for them, so no check can be forgotten.

use std::sync::Arc;

use crate::auth::error::AuthError;
use crate::domain::account::Role;
use crate::domain::channel::Sequencing;
use crate::domain::id::{AccountId, TokenId, UserId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::ReaderId;
use crate::store::change_mark::ChangeMark;
use crate::store::channels::{self, ChannelAccess};
use crate::store::error::StoreError;
use crate::store::read_states::Viewpoint;
use crate::store::tokens;
use crate::store::tx::ReadTx;

/// Proof that a user of an account signed in.
#[derive(Debug, Clone)]
pub struct Owner {
    account: AccountId,
    user: UserId,
    role: Role,
}

impl Owner {
    pub(super) fn new(account: AccountId, user: UserId, role: Role) -> Self {
        Self { account, user, role }
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn role(&self) -> Role {
        self.role
    }
}

/// Proof that the bearer may read a channel and keep a read state there, if it has one.
#[derive(Debug, Clone)]
pub struct Reader {
    channel: Arc<ChannelAccess>,
    /// `None` for a request without credentials on a channel with public reading: it sees everything, has no read
    /// state and can mark nothing.
    viewpoint: Option<Viewpoint>,
    may_write: bool,
    /// The state of the file in which a token's right was proved, where that was noted.
    proved_at: Option<ChangeMark>,
}

impl Reader {
    pub(super) fn of_owner_side(channel: Arc<ChannelAccess>) -> Self {
        let viewpoint = Viewpoint::of_owner_side(channel.row, channel.owner_token);
        Self { channel, viewpoint: Some(viewpoint), may_write: true, proved_at: None }
    }

    pub(super) fn of_token(
        channel: Arc<ChannelAccess>,
        token: TokenId,
        since: Sequence,
        may_write: bool,
        proved_at: ChangeMark,
    ) -> Self {
        let reader = ReaderId::Token(token);
        let viewpoint = Viewpoint { channel: channel.row, reader, since, also_own: None };
        Self { channel, viewpoint: Some(viewpoint), may_write, proved_at: Some(proved_at) }
    }

    pub(super) fn anonymous(channel: Arc<ChannelAccess>) -> Self {
        let may_write = channel.public.write;
        Self { channel, viewpoint: None, may_write, proved_at: None }
    }

    pub fn channel(&self) -> &Arc<ChannelAccess> {
        &self.channel
    }

    pub fn viewpoint(&self) -> Option<&Viewpoint> {
        self.viewpoint.as_ref()
    }

    /// Whether the same bearer may also write.
    pub fn may_write(&self) -> bool {
        self.may_write
    }

    /// The state of the file in which the right was proved, if that was noted: nothing older may be answered.
    pub fn proved_at(&self) -> Option<ChangeMark> {
        self.proved_at
    }

    /// Whether the right still stands: the channel is there, its account enabled, the token not revoked.
    pub fn is_valid(&self, tx: &ReadTx<'_>) -> Result<bool, StoreError> {
        let Some(channel) = channels::load_access(tx, self.channel.row)? else { return Ok(false) };
        match self.viewpoint.map(|viewpoint| viewpoint.reader) {
            None => Ok(channel.public.read),
            Some(ReaderId::OwnerSide) => Ok(true),
            Some(ReaderId::Token(token)) => tokens::may_read(tx, token),
        }
    }

    /// Refuses when the right has ended, for what goes on after it was proved.
    pub fn require_valid(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        if self.is_valid(tx)? { Ok(()) } else { Err(AuthError::Unauthenticated) }
    }

    /// Whether a message is the reader's own, which never counts as unread.
    pub fn wrote(&self, author: Author) -> bool {
        let is = |reader| match reader {
            ReaderId::OwnerSide => author == Author::OwnerSide,
            ReaderId::Token(token) => author == Author::Token(token),
        };
        self.viewpoint.is_some_and(|view| is(view.reader) || view.also_own.is_some_and(is))
    }
}

/// Proof that the bearer may write to a channel.
#[derive(Debug, Clone)]
pub struct Writer {
    channel: Arc<ChannelAccess>,
    author: Author,
    /// The writer's own read state; `None` for a token that may not read and for requests without one.
    viewpoint: Option<Viewpoint>,
}

impl Writer {
    pub(super) fn new(channel: Arc<ChannelAccess>, author: Author, reader: Option<&Reader>) -> Self {
        let viewpoint = reader.and_then(Reader::viewpoint).copied();
        Self { channel, author, viewpoint }
    }

    pub fn channel(&self) -> &Arc<ChannelAccess> {
        &self.channel
    }

    pub fn author(&self) -> Author {
        self.author
    }

    pub fn viewpoint(&self) -> Option<&Viewpoint> {
        self.viewpoint.as_ref()
    }

    /// Whose unread messages block writing, which is so in sequenced channels only. A token that may not read is never
    /// blocked: it could not mark anything and would be blocked for ever.
    pub fn blocked_by(&self) -> Option<&Viewpoint> {
        self.viewpoint.as_ref().filter(|_| self.channel.sequencing == Sequencing::Sequenced)
    }
}
