//! One channel as its holder reads it: a stretch of messages with their authors, or a single one with its neighbours.

use std::collections::HashMap;

use crate::auth::access::{Owner, Reader};
use crate::domain::channel::Channel;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::read_state::UnreadCount;
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::channel_access::ChannelAccess;
use crate::store::inbox::{self, Envelope, Glance, Walk};
use crate::store::tx::ReadTx;
use crate::store::{Store, channels, messages, tokens};

/// Messages in one stretch.
const STRETCH: usize = 50;

/// The same in bytes, for channels of large messages; one message may be longer.
const STRETCH_BYTES: usize = 8 * 1024 * 1024;

/// A message, perhaps damaged, with whoever wrote it.
#[derive(Debug)]
pub struct Told {
    pub message: Message,
    pub author: AuthorName,
    pub unread: bool,
}

/// Who wrote a message, as far as anybody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorName {
    Holder,
    /// The holder's own program, with the token made with the channel.
    HolderToken,
    /// The description of a token, also of a revoked one.
    Token(String),
    Anonymous,
}

impl AuthorName {
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Holder | Self::HolderToken)
    }
}

/// A stretch of a channel, oldest message first.
#[derive(Debug)]
pub struct Stretch {
    pub channel: Channel,
    pub tokens: u64,
    pub unread: UnreadCount,
    pub told: Vec<Told>,
    /// There are older messages before the first.
    pub older: Option<Sequence>,
}

/// One message with its neighbours.
#[derive(Debug)]
pub struct Single {
    pub channel: Channel,
    pub told: Told,
    pub newer: Option<Sequence>,
    pub older: Option<Sequence>,
}

/// Reading channels as the owner side.
#[derive(Clone)]
pub struct Conversations {
    store: Store,
}

impl Conversations {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The stretch that ends before a sequence, or the newest one.
    pub fn stretch(&self, owner: &Owner, reader: &Reader, before: Option<Sequence>) -> Reading<Stretch> {
        let (account, access) = (owner.account(), reader.channel().clone());
        self.store.reading(move |tx| {
            let glance = glance(tx, &access)?;
            let mut authors = Authors::default();
            let mut below = before.unwrap_or(Sequence(i64::MAX));
            let mut told = Vec::new();
            let mut bytes = 0;
            for _ in 0..STRETCH {
                if bytes >= STRETCH_BYTES {
                    break;
                }
                let Some(envelope) = inbox::newest_below(tx, &glance, Walk::Everything, below)? else {
                    break;
                };
                below = envelope.sequence;
                let one = tell(tx, &access, &glance, &envelope, &mut authors)?;
                bytes += one.message.payload.as_bytes().len();
                told.push(one);
            }
            told.reverse();
            let older = match inbox::newest_below(tx, &glance, Walk::Everything, below)? {
                Some(_) if !told.is_empty() => Some(below),
                _ => None,
            };
            Ok(Stretch {
                channel: channels::find(tx, account, &access.id)?.ok_or(Error::ChannelNotFound)?,
                tokens: tokens::count(tx, access.row)?,
                unread: glance.unread,
                older,
                told,
            })
        })
    }

    /// One message.
    pub fn single(&self, owner: &Owner, reader: &Reader, sequence: Sequence) -> Reading<Single> {
        let (account, access) = (owner.account(), reader.channel().clone());
        self.store.reading(move |tx| {
            let glance = glance(tx, &access)?;
            let envelope =
                inbox::newest_below(tx, &glance, Walk::Everything, Sequence(sequence.0.saturating_add(1)))?
                    .filter(|envelope| envelope.sequence == sequence)
                    .ok_or(Error::MessageNotFound)?;
            Ok(Single {
                channel: channels::find(tx, account, &access.id)?.ok_or(Error::ChannelNotFound)?,
                told: tell(tx, &access, &glance, &envelope, &mut Authors::default())?,
                newer: inbox::oldest_above(tx, access.row, sequence)?,
                older: inbox::newest_below(tx, &glance, Walk::Everything, sequence)?
                    .map(|envelope| envelope.sequence),
            })
        })
    }

    /// The holder's channel of that id, with how many tokens and unread messages it has.
    pub fn facts(&self, owner: &Owner, id: &ChannelId) -> Reading<(Channel, u64)> {
        let (account, id) = (owner.account(), id.clone());
        self.store.reading(move |tx| {
            let channel = channels::find(tx, account, &id)?.ok_or(Error::ChannelNotFound)?;
            let tokens = tokens::count(tx, channel.row)?;
            Ok((channel, tokens))
        })
    }
}

/// The names of authors, each opened once.
#[derive(Default)]
struct Authors(HashMap<TokenId, String>);

impl Authors {
    fn name(&mut self, tx: &ReadTx<'_>, access: &ChannelAccess, author: Author) -> Result<AuthorName, Error> {
        match author {
            Author::OwnerSide => Ok(AuthorName::Holder),
            Author::Anonymous => Ok(AuthorName::Anonymous),
            Author::Token(token) if access.owner_token == Some(token) => Ok(AuthorName::HolderToken),
            Author::Token(token) => {
                if let Some(name) = self.0.get(&token) {
                    return Ok(AuthorName::Token(name.clone()));
                }
                let name = tokens::find_description(tx, access, token)?.unwrap_or_default();
                self.0.insert(token, name.clone());
                Ok(AuthorName::Token(name))
            }
        }
    }
}

fn tell(
    tx: &ReadTx<'_>,
    access: &ChannelAccess,
    glance: &Glance,
    envelope: &Envelope,
    authors: &mut Authors,
) -> Result<Told, Error> {
    let message = messages::of_envelope(tx, access, envelope)?.ok_or(Error::MessageNotFound)?;
    Ok(Told {
        author: authors.name(tx, access, envelope.author)?,
        unread: inbox::is_unread(tx, glance, envelope)?,
        message,
    })
}

fn glance(tx: &ReadTx<'_>, access: &ChannelAccess) -> Result<Glance, Error> {
    inbox::glance(tx, access.row)?.ok_or(Error::ChannelNotFound)
}
