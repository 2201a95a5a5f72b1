//! Who reads a channel, and which messages a read is about.

use std::iter::Sum;

use crate::domain::id::TokenId;
use crate::domain::message::Sequence;
use crate::domain::plural::noun;

/// Somebody with a read state of their own in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReaderId {
    /// The account holder in the inbox. No API token shares this state, and revoking tokens cannot break it.
    OwnerSide,
    /// The account holder's archive: what is read here was put out of the inbox. A state of its own, so that archiving
    /// costs what reading costs.
    Archive,
    Token(TokenId),
}

/// Whether a message counts as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadState {
    Read,
    Unread,
}

/// How many messages are unread. Counting ends at a thousand in each channel: nobody reads an exact number above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnreadCount {
    pub number: u64,
    /// There are more than that.
    pub more: bool,
}

impl UnreadCount {
    /// Where counting ends.
    pub const MOST: u64 = 1000;

    /// From a count that went on to one more than [`Self::MOST`].
    pub fn counted(count: u64) -> Self {
        Self { number: count.min(Self::MOST), more: count > Self::MOST }
    }

    /// A number that is known to be all.
    pub fn exactly(number: u64) -> Self {
        Self { number, more: false }
    }

    /// `1 message`, `1000+ messages`.
    pub fn of(self, thing: &str) -> String {
        format!("{}{} {}", self.number, if self.more { "+" } else { "" }, noun(self.number, thing))
    }
}

impl Sum for UnreadCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, count| Self {
            number: sum.number + count.number,
            more: sum.more || count.more,
        })
    }
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
