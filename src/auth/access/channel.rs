//! Rights in one channel, of a token's bearer, of the account's holder, or of anybody where it is open.

use std::sync::Arc;

use crate::auth::access::owner::Owner;
use crate::auth::error::AuthError;
use crate::domain::channel::Sequencing;
use crate::domain::id::TokenId;
use crate::domain::message::{Author, Sequence, Side};
use crate::domain::time::Timestamp;
use crate::store::change_mark::ChangeMark;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::right::Right;
use crate::store::tokens;
use crate::store::tx::ReadTx;
use crate::store::viewpoint::Viewpoint;

/// Who acts in a channel.
#[derive(Debug, Clone)]
enum Actor {
    /// Nobody in particular, where the channel is open to everybody.
    Stranger,
    Token(TokenId),
    /// Boxed, because every open socket keeps an actor, and none of them this one.
    Holder(Box<Owner>),
}

/// Somebody in a channel, under the access epoch in which the right to be there was judged.
#[derive(Debug, Clone)]
pub(in crate::auth) struct Footing {
    channel: Arc<ChannelAccess>,
    actor: Actor,
    epoch: i64,
    /// When a token ends by itself.
    ends: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Read,
    Write,
    ReadOrWrite,
}

impl Act {
    fn is_allowed(self, read: bool, write: bool) -> bool {
        match self {
            Self::Read => read,
            Self::Write => write,
            Self::ReadOrWrite => read || write,
        }
    }
}

impl Footing {
    pub(in crate::auth) fn of_stranger(channel: Arc<ChannelAccess>, epoch: i64) -> Self {
        Self { channel, actor: Actor::Stranger, epoch, ends: None }
    }

    pub(in crate::auth) fn of_token(
        channel: Arc<ChannelAccess>,
        token: TokenId,
        epoch: i64,
        ends: Option<Timestamp>,
    ) -> Self {
        Self { channel, actor: Actor::Token(token), epoch, ends }
    }

    pub(in crate::auth) fn of_holder(channel: Arc<ChannelAccess>, owner: Owner) -> Self {
        // The channel was looked up after the owner was judged: whatever moved the epoch since is looked at again.
        let epoch = owner.judged_at();
        Self { channel, actor: Actor::Holder(Box::new(owner)), epoch, ends: None }
    }

    pub(in crate::auth) fn channel(&self) -> &Arc<ChannelAccess> {
        &self.channel
    }

    /// Whether the right still stands: the channel is there, its account enabled, the proof as good as it was.
    fn judge(&self, tx: &ReadTx<'_>, act: Act) -> Result<(), AuthError> {
        let now = channel_access::load(tx, self.channel.row)?;
        let stands = match (&self.actor, &now) {
            (Actor::Stranger, Some(now)) => act.is_allowed(now.public.read, now.public.write),
            (Actor::Token(token), Some(_)) => tokens::permissions(tx, *token)?
                .is_some_and(|permissions| act.is_allowed(permissions.read, permissions.write)),
            (Actor::Holder(owner), now) => {
                owner.judge(tx)?;
                if now.as_ref().is_none_or(|now| now.account != owner.account()) {
                    return Err(AuthError::Forbidden);
                }
                true
            }
            (Actor::Stranger | Actor::Token(_), None) => false,
        };
        if stands { Ok(()) } else { Err(AuthError::Unauthenticated) }
    }

    /// Whether the bearer of a token may still do anything here.
    pub(in crate::auth) fn judge_bearer(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        self.judge(tx, Act::ReadOrWrite)
    }

    pub(in crate::auth) fn judged_at(&self) -> i64 {
        self.epoch
    }

    pub(in crate::auth) fn ends(&self) -> Option<Timestamp> {
        self.ends
    }
}

/// Proof that the bearer may read a channel and keep a read state there, if it has one.
#[derive(Debug, Clone)]
pub struct Reader {
    footing: Footing,
    /// `None` for a request without credentials on a channel with public reading: it sees everything, has no read
    /// state and can mark nothing.
    viewpoint: Option<Viewpoint>,
    may_write: bool,
    /// The state of the file in which a token's right was proved, where that was noted.
    proved_at: Option<ChangeMark>,
}

impl Reader {
    pub(in crate::auth) fn of_owner_side(footing: Footing) -> Self {
        let viewpoint = Viewpoint::of_owner_side(footing.channel.row, footing.channel.owner_token);
        Self { footing, viewpoint: Some(viewpoint), may_write: true, proved_at: None }
    }

    pub(in crate::auth) fn of_token(
        footing: Footing,
        token: TokenId,
        since: Sequence,
        may_write: bool,
        proved_at: ChangeMark,
    ) -> Self {
        let viewpoint = Viewpoint::of_token(footing.channel.row, token, since);
        Self { footing, viewpoint: Some(viewpoint), may_write, proved_at: Some(proved_at) }
    }

    pub(in crate::auth) fn anonymous(footing: Footing) -> Self {
        let may_write = footing.channel.public.write;
        Self { footing, viewpoint: None, may_write, proved_at: None }
    }

    /// The channel that this is a right to, with its key.
    pub fn channel(&self) -> &Arc<ChannelAccess> {
        &self.footing.channel
    }

    /// Whose read state counts; nobody's for a request without a token.
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

    /// Whether a message is the reader's own, which never counts as unread.
    pub fn wrote(&self, author: Author) -> bool {
        self.viewpoint.is_some_and(|view| view.wrote(author))
    }

    /// Which side an author is on, for this reader.
    pub fn side_of(&self, author: Author) -> Side {
        if self.wrote(author) { Side::Own } else { self.channel().side_of(author) }
    }
}

impl Right for Reader {
    type Error = AuthError;

    fn judged_at(&self) -> i64 {
        self.footing.epoch
    }

    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        self.footing.judge(tx, Act::Read)
    }

    fn ends(&self) -> Option<Timestamp> {
        self.footing.ends
    }
}

/// Proof that somebody may do something in a channel: with a token, or because it is open to everybody.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub(in crate::auth) channel: Arc<ChannelAccess>,
    /// To read.
    pub(in crate::auth) read: bool,
    /// To write.
    pub(in crate::auth) write: bool,
    /// Only sequences above this one are visible.
    pub(in crate::auth) since: Sequence,
    /// The holder's own token.
    pub(in crate::auth) is_holder: bool,
}

impl Visitor {
    /// The channel that this is a right to, with its key.
    pub fn channel(&self) -> &Arc<ChannelAccess> {
        &self.channel
    }

    /// Whether the visitor may read.
    pub fn may_read(&self) -> bool {
        self.read
    }

    /// Whether the visitor may write.
    pub fn may_write(&self) -> bool {
        self.write
    }

    /// Only sequences above this one are visible to the visitor.
    pub fn since(&self) -> Sequence {
        self.since
    }

    /// Whether it came with the channel's `Owner` token.
    pub fn is_holder(&self) -> bool {
        self.is_holder
    }
}

/// Proof that the bearer may write to a channel.
#[derive(Debug, Clone)]
pub struct Writer {
    footing: Footing,
    /// The writer's own read state; `None` for a token that may not read and for requests without one.
    viewpoint: Option<Viewpoint>,
}

impl Writer {
    pub(in crate::auth) fn new(footing: Footing, reader: Option<&Reader>) -> Self {
        let viewpoint = reader.and_then(Reader::viewpoint).copied();
        Self { footing, viewpoint }
    }

    /// The channel that this is a right to, with its key.
    pub fn channel(&self) -> &Arc<ChannelAccess> {
        &self.footing.channel
    }

    /// Who will have written what is written with this.
    pub fn author(&self) -> Author {
        match self.footing.actor {
            Actor::Stranger => Author::Anonymous,
            Actor::Token(token) => Author::Token(token),
            Actor::Holder(_) => Author::OwnerSide,
        }
    }

    /// Whose read state counts; nobody's for a request without a token.
    pub fn viewpoint(&self) -> Option<&Viewpoint> {
        self.viewpoint.as_ref()
    }

    /// Whose unread messages block writing, which is so in sequenced channels only. A token that may not read is never
    /// blocked: it could not mark anything and would be blocked for ever.
    pub fn blocked_by(&self) -> Option<&Viewpoint> {
        self.viewpoint.as_ref().filter(|_| self.footing.channel.sequencing == Sequencing::Sequenced)
    }
}

impl Right for Writer {
    type Error = AuthError;

    fn judged_at(&self) -> i64 {
        self.footing.epoch
    }

    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        self.footing.judge(tx, Act::Write)
    }

    fn ends(&self) -> Option<Timestamp> {
        self.footing.ends
    }
}
