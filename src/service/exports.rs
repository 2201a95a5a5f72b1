//! Taking an account's channels out, in the order in which an export has them: keys, channels with their tokens, and then
//! the messages of all channels in the order in which they came.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::mem;

use bytes::Bytes;

use crate::auth::access::Owner;
use crate::domain::exported::{ExportedChannel, ExportedKey, ExportedMessage, ExportedToken, LeftOut};
use crate::domain::id::{AccountId, ChannelId, ChannelRow};
use crate::domain::message::Sequence;
use crate::service::channels::owned;
use crate::service::error::Error;
use crate::store::export_source::{ReadersOfMessages, Source};
use crate::store::exports;
use crate::store::right::Right;
use crate::store::tx::ReadTx;
use crate::store::{Store, accounts, channels};

/// What a part may hold: whichever is reached first.
const PART_MESSAGES: usize = 256;
const PART_BYTES: usize = 1024 * 1024;

/// Exports of accounts.
#[derive(Clone)]
pub struct Exports {
    store: Store,
}

/// A part of an export, small enough to hold in memory.
#[derive(Debug)]
pub enum ExportPart {
    Keys(Vec<ExportedKey>),
    Channel(Box<ExportedChannel>),
    /// Of the channel that came last.
    Tokens(Vec<ExportedToken>),
    /// Each with the number of its channel, from 1.
    Messages(Vec<(usize, ExportedMessage)>),
}

/// An export under way. Each part is of its own moment, and needs the right again: nobody is held up, however slowly the
/// parts are taken.
pub struct Export {
    store: Store,
    owner: Owner,
    /// The name of the account.
    pub account: String,
    /// How many messages there were at the beginning.
    pub messages: u64,
    /// What is damaged and was left out so far.
    pub left_out: LeftOut,
    stage: Stage,
}

enum Stage {
    Keys(VecDeque<ChannelRow>),
    Channels { left: VecDeque<ChannelRow>, begun: Vec<Source>, tokens: bool },
    Messages(Merge),
    Ended,
}

/// Messages of all channels, oldest first: the next of each channel by its place, and the channel's position.
#[derive(Default)]
struct Merge {
    sources: Vec<Source>,
    next: BinaryHeap<Reverse<(i64, usize, Sequence)>>,
}

impl Exports {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Begins an export of all channels of the account or of one.
    pub async fn begin(&self, owner: &Owner, only: Option<ChannelId>) -> Result<Export, Error> {
        let account = owner.account();
        let (name, messages, rows) = self.store.read(move |tx| chosen(tx, account, only.as_ref())).await?;
        let stage = Stage::Keys(rows);
        let (store, owner) = (self.store.clone(), owner.clone());
        Ok(Export { store, owner, account: name, messages, left_out: LeftOut::default(), stage })
    }
}

type Chosen = (String, u64, VecDeque<ChannelRow>);

fn chosen(tx: &ReadTx<'_>, account: AccountId, only: Option<&ChannelId>) -> Result<Chosen, Error> {
    let found = accounts::find(tx, account)?.ok_or(Error::AccountNotFound)?;
    Ok(match only {
        Some(id) => {
            let channel = owned(tx, account, id)?;
            (found.name, channel.messages, VecDeque::from([channel.row]))
        }
        None => (found.name, found.messages, channels::rows(tx, account, usize::MAX)?.into()),
    })
}

impl Export {
    /// The next part; `None` after the last. Refuses when the right has ended.
    pub async fn next(&mut self) -> Result<Option<ExportPart>, Error> {
        let (owner, stage) = (self.owner.clone(), mem::replace(&mut self.stage, Stage::Ended));
        let mut left_out = mem::take(&mut self.left_out);
        let read = move |tx: &ReadTx<'_>| {
            owner.require(tx)?;
            let (stage, part) = stage.go_on(tx, owner.account(), &mut left_out)?;
            Ok::<_, Error>((stage, part, left_out))
        };
        let (stage, part, left_out) = self.store.read(read).await?;
        (self.stage, self.left_out) = (stage, left_out);
        Ok(part)
    }
}

impl Stage {
    fn go_on(
        self,
        tx: &ReadTx<'_>,
        account: AccountId,
        left_out: &mut LeftOut,
    ) -> Result<(Self, Option<ExportPart>), Error> {
        let mut stage = self;
        loop {
            stage = match stage {
                Self::Keys(left) => {
                    let part = ExportPart::Keys(exports::keys(tx, account, left_out)?);
                    return Ok((Self::Channels { left, begun: Vec::new(), tokens: false }, Some(part)));
                }
                Self::Channels { left, mut begun, tokens: true } => {
                    let tokens = match begun.last_mut() {
                        Some(source) => exports::next_tokens(tx, source, left_out)?,
                        None => Vec::new(),
                    };
                    let more = !tokens.is_empty();
                    let stage = Self::Channels { left, begun, tokens: more };
                    if more {
                        return Ok((stage, Some(ExportPart::Tokens(tokens))));
                    }
                    stage
                }
                Self::Channels { mut left, mut begun, tokens: false } => match left.pop_front() {
                    None => Self::Messages(Merge::begin(tx, begun)?),
                    Some(row) => match exports::begin(tx, account, row, left_out)? {
                        // It was deleted meanwhile, or is damaged.
                        None => Self::Channels { left, begun, tokens: false },
                        Some((channel, source)) => {
                            begun.push(source);
                            let stage = Self::Channels { left, begun, tokens: true };
                            return Ok((stage, Some(ExportPart::Channel(Box::new(channel)))));
                        }
                    },
                },
                Self::Messages(mut merge) => {
                    let messages = merge.part(tx, left_out)?;
                    return Ok(if messages.is_empty() {
                        (Self::Ended, None)
                    } else {
                        (Self::Messages(merge), Some(ExportPart::Messages(messages)))
                    });
                }
                Self::Ended => return Ok((Self::Ended, None)),
            };
        }
    }
}

impl Merge {
    fn begin(tx: &ReadTx<'_>, sources: Vec<Source>) -> Result<Self, Error> {
        let mut merge = Self { sources, next: BinaryHeap::new() };
        for position in 0..merge.sources.len() {
            merge.look(tx, position, Sequence::NONE)?;
        }
        Ok(merge)
    }

    /// Looks where the channel's next message after this one stands.
    fn look(&mut self, tx: &ReadTx<'_>, position: usize, after: Sequence) -> Result<(), Error> {
        if let Some((place, sequence)) = exports::next_place(tx, &self.sources[position], after)? {
            self.next.push(Reverse((place, position, sequence)));
        }
        Ok(())
    }

    fn part(
        &mut self,
        tx: &ReadTx<'_>,
        left_out: &mut LeftOut,
    ) -> Result<Vec<(usize, ExportedMessage)>, Error> {
        let (mut part, mut bytes, mut readers) = (Vec::new(), 0, ReadersOfMessages::default());
        while part.len() < PART_MESSAGES
            && bytes < PART_BYTES
            && let Some(Reverse((_place, position, sequence))) = self.next.pop()
        {
            let source = &self.sources[position];
            if let Some(found) = exports::message(tx, source, &mut readers, sequence, left_out)? {
                bytes += found.message.payload.as_bytes().len() + found.copy.as_ref().map_or(0, Bytes::len);
                part.push((position + 1, found));
            }
            self.look(tx, position, sequence)?;
        }
        Ok(part)
    }
}
