//! What happened, told after it was committed. Ids only; nothing in an event is secret.

use std::sync::Arc;

use crate::domain::id::{AccountId, ArrivalId, ChannelRow, TokenId};
use crate::domain::message::{Author, ContentType, Sequence};
use crate::domain::receiver::Watched;
use crate::domain::time::Timestamp;

/// A committed change that somebody may be waiting for.
#[derive(Debug, Clone)]
pub enum Event {
    MessageWritten(Arc<Written>),
    /// Messages were marked or removed, so unread counts differ.
    ReadStateChanged {
        account: AccountId,
    },
    /// The token's sockets must close.
    TokenRevoked {
        account: AccountId,
        channel: ChannelRow,
        token: TokenId,
    },
    /// The channel was made or its settings changed.
    ChannelChanged {
        account: AccountId,
    },
    /// Every socket of the channel must close.
    ChannelDeleted {
        account: AccountId,
        channel: ChannelRow,
    },
    /// A receiver of what comes there was made, changed or deleted.
    ReceiversChanged(Watched),
    /// Sessions were ended by hand, with their user or account, or by a new password; their pages must end.
    SessionsEnded,
}

/// A message that was written.
#[derive(Debug)]
pub struct Written {
    pub account: AccountId,
    pub channel: ChannelRow,
    pub arrival: ArrivalId,
    pub sequence: Sequence,
    pub author: Author,
    pub received: Timestamp,
    pub content_type: ContentType,
}
