//! A channel that is being exported, and who has read its messages.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::ReadState;
use crate::store::channel_access::ChannelAccess;
use crate::store::error::StoreError;
use crate::store::noted::NotedSide;
use crate::store::tx::ReadTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{read_cursor, read_states};

/// A channel whose messages are being read.
#[derive(Debug)]
pub struct Source {
    pub(super) access: ChannelAccess,
    /// Nothing above it is in the export.
    pub(super) head: Sequence,
    /// The tokens so far, in the order of their numbers.
    pub(super) tokens: Vec<SourceToken>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SourceToken {
    pub(super) id: TokenId,
    pub(super) since: Sequence,
    pub(super) is_revoked: bool,
}

impl Source {
    pub(super) fn viewpoint(&self, token: SourceToken) -> Viewpoint {
        Viewpoint::of_token(self.access.row, token.id, token.since)
    }

    /// The number of a token in its channel.
    pub(super) fn number(&self, id: TokenId) -> Result<u32, StoreError> {
        let position = self.tokens.binary_search_by_key(&id, |token| token.id);
        let position = position.map_err(|_none| StoreError::Malformed("the author of a message"))?;
        Ok(u32::try_from(position + 1).unwrap_or(u32::MAX))
    }
}

/// What readers think of the messages of one moment, as far as it was asked for.
#[derive(Default)]
pub struct ReadersOfMessages(HashMap<ChannelRow, States>);

pub(super) struct States {
    pub(super) holder: Standing,
    pub(super) archive: Standing,
    /// With the number of the token.
    tokens: Vec<(u32, Standing)>,
}

/// Where a reader stands in a channel.
pub(super) struct Standing {
    viewpoint: Viewpoint,
    cursor: Sequence,
    has_exceptions: bool,
}

impl ReadersOfMessages {
    pub(super) fn of(&mut self, tx: &ReadTx<'_>, source: &Source) -> Result<&States, StoreError> {
        Ok(match self.0.entry(source.access.row) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(States::of(tx, source)?),
        })
    }
}

impl States {
    fn of(tx: &ReadTx<'_>, source: &Source) -> Result<Self, StoreError> {
        let side = NotedSide::of(source.access.row, source.access.owner_token);
        let mut tokens = Vec::new();
        for (number, token) in (1..).zip(&source.tokens).filter(|(_, token)| !token.is_revoked) {
            tokens.push((number, Standing::of(tx, source.viewpoint(*token))?));
        }
        Ok(Self { holder: Standing::of(tx, side.reading)?, archive: Standing::of(tx, side.archive)?, tokens })
    }

    pub(super) fn tokens_that_read(
        &self,
        tx: &ReadTx<'_>,
        sequence: Sequence,
        author: Author,
    ) -> Result<Vec<u32>, StoreError> {
        let mut read = Vec::new();
        for (number, standing) in &self.tokens {
            if sequence > standing.viewpoint.since && standing.counts_as_read(tx, sequence, author)? {
                read.push(*number);
            }
        }
        Ok(read)
    }
}

impl Standing {
    fn of(tx: &ReadTx<'_>, viewpoint: Viewpoint) -> Result<Self, StoreError> {
        let cursor = read_cursor::cursor(tx, &viewpoint)?;
        Ok(Self { cursor, has_exceptions: read_states::has_exceptions(tx, &viewpoint)?, viewpoint })
    }

    pub(super) fn counts_as_read(
        &self,
        tx: &ReadTx<'_>,
        sequence: Sequence,
        author: Author,
    ) -> Result<bool, StoreError> {
        let own = self.viewpoint.wrote(author);
        if !self.has_exceptions {
            return Ok(own || sequence <= self.cursor);
        }
        Ok(read_states::state_of(tx, &self.viewpoint, sequence, own)? == ReadState::Read)
    }
}
