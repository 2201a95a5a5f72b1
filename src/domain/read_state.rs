//! Who reads a channel, and which messages a read is about.

use crate::domain::id::TokenId;
use crate::domain::message::Sequence;

/// Somebody with a read state of their own in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReaderId {
    /// The account holder in the inbox. No API token shares this state, and revoking tokens cannot break it.
    OwnerSide,
    Token(TokenId),
}

/// Whether a message counts as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadState {
    Read,
    Unread,
}

/// Which messages a mark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkScope {
    /// The one message.
    Only,
    /// The message and every older one.
    AndOlder,
}

/// Which of the visible messages a read wants, ascending by sequence.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    pub unread_only: bool,
    /// Only messages after this one.
    pub after: Sequence,
    /// At most this many; unlimited unless the client asks, because existing clients know no paging.
    pub limit: Option<u32>,
}
