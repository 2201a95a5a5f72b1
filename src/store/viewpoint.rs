//! A reader of a channel, as questions about messages need it.

use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::ReaderId;
use crate::store::columns::{OWNER_SIDE, author_column, reader_column};

/// A reader of a channel: whose state, what is visible, and whose messages count as own.
#[derive(Debug, Clone, Copy)]
pub struct Viewpoint {
    pub channel: ChannelRow,
    pub reader: ReaderId,
    /// Only sequences above this one are visible.
    pub since: Sequence,
    /// A second author whose messages are own: the `Owner` token, for the owner side.
    pub also_own: Option<ReaderId>,
}

impl Viewpoint {
    /// The account holder's: everything is visible, and messages of the `Owner` token are own.
    pub fn of_owner_side(channel: ChannelRow, owner_token: Option<TokenId>) -> Self {
        Self {
            channel,
            reader: ReaderId::OwnerSide,
            since: Sequence::NONE,
            also_own: owner_token.map(ReaderId::Token),
        }
    }

    /// The account holder's archive.
    pub fn of_archive(channel: ChannelRow, owner_token: Option<TokenId>) -> Self {
        Self { reader: ReaderId::Archive, ..Self::of_owner_side(channel, owner_token) }
    }

    /// The bearer's of a token, who sees only what is above `since`.
    pub fn of_token(channel: ChannelRow, token: TokenId, since: Sequence) -> Self {
        Self { channel, reader: ReaderId::Token(token), since, also_own: None }
    }

    /// The authors whose messages are own, as stored; the same one twice when there is only one.
    pub(super) fn own_authors(&self) -> (i64, i64) {
        let own = match self.reader {
            ReaderId::Archive => OWNER_SIDE,
            reader => reader_column(reader),
        };
        (own, self.also_own.map_or(own, reader_column))
    }

    /// Whether a message of that author is own.
    pub fn wrote(&self, author: Author) -> bool {
        let (own, other_own) = self.own_authors();
        let author = author_column(author);
        author == own || author == other_own
    }

    /// The key of its rows: the channel and the reader, as stored.
    pub(super) fn key(&self) -> (i64, i64) {
        (self.channel.0, reader_column(self.reader))
    }
}
