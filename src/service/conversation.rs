//! One channel as its holder reads it: a stretch of messages with their authors, or a single one with its neighbours.

use crate::auth::access::{Owner, Reader};
use crate::domain::channel::Channel;
use crate::domain::id::ChannelId;
use crate::domain::letter::WrappedReply;
use crate::domain::message::{Message, Sequence};
use crate::domain::read_state::UnreadCount;
use crate::service::Reading;
use crate::service::authors::Authors;
use crate::service::error::Error;
use crate::store::channel_access::ChannelAccess;
use crate::store::inbox::{self, Envelope, Glance, Walk};
use crate::store::tx::ReadTx;
use crate::store::{Store, account_keys, channels, contacts, letters, messages, noted, tokens, unread};

pub use crate::service::authors::AuthorName;

/// Messages in one stretch.
const STRETCH: usize = 50;

/// Messages before the one that a stretch is opened at, so that it is understood.
const CONTEXT: usize = 10;

/// The same in bytes, for channels of large messages; one message may be longer.
const STRETCH_BYTES: usize = 8 * 1024 * 1024;

/// A message, perhaps damaged, with whoever wrote it.
#[derive(Debug)]
pub struct Told {
    pub message: Message,
    pub author: AuthorName,
    pub unread: bool,
    pub starred: bool,
    pub archived: bool,
}

/// Where a channel is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// At the first unread message, else at the newest.
    Unread,
    /// At this message, or the next that there is.
    At(Sequence),
    /// The stretch that ends before this message.
    Before(Sequence),
    /// The stretch that begins after this message, which may have nothing in it.
    After(Sequence),
}

/// A stretch of a channel, oldest message first.
#[derive(Debug)]
pub struct Stretch {
    pub channel: Channel,
    pub tokens: u64,
    pub unread: UnreadCount,
    pub told: Vec<Told>,
    /// The first message of the stretch, when there are older ones.
    pub older: Option<Sequence>,
    /// The last message of the stretch, when there are newer ones.
    pub newer: Option<Sequence>,
    /// The channel's first unread message.
    pub first_unread: Option<Sequence>,
    /// What answers here are sealed with, and the number of the last that was.
    pub reply: Option<WrappedReply>,
    pub last_letter: i64,
    /// Whether somebody has a link to here that seals.
    pub has_links: bool,
    /// Whether the account has a key for others to seal with.
    pub has_key: bool,
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

    /// A stretch of the channel.
    pub fn stretch(&self, owner: &Owner, reader: &Reader, opening: Opening) -> Reading<Stretch> {
        let (account, access) = (owner.account(), reader.channel().clone());
        self.store.reading(move |tx| {
            let glance = glance(tx, &access)?;
            let first_unread = unread::oldest_unread(tx, &glance)?;
            let mut listener = Listener::new(tx, &access, &glance);
            let told = match (opening, first_unread) {
                (Opening::Before(end), _) => listener.down(end, STRETCH)?,
                (Opening::After(last), _) => listener.up(last, STRETCH)?,
                (Opening::At(start), _) | (Opening::Unread, Some(start)) => listener.around(start)?,
                (Opening::Unread, None) => listener.down(Sequence(i64::MAX), STRETCH)?,
            };
            let (first, last) = (told.first(), told.last());
            let older = match first.map(|one| one.message.sequence) {
                Some(first) => inbox::newest_below(tx, &glance, Walk::Everything, first)?.map(|_| first),
                None => None,
            };
            let newer = match last.map(|one| one.message.sequence) {
                Some(last) => inbox::oldest_above(tx, access.row, last)?.map(|_| last),
                None => None,
            };
            Ok(Stretch {
                channel: channels::find(tx, account, &access.id)?.ok_or(Error::ChannelNotFound)?,
                tokens: tokens::count(tx, access.row)?,
                unread: glance.unread,
                told,
                older,
                newer,
                first_unread,
                reply: letters::reply(tx, access.row)?,
                last_letter: letters::last_number(tx, access.row)?,
                has_links: contacts::has_links(tx, &access)?,
                has_key: account_keys::any_in_use(tx, account)?,
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
                told: Listener::new(tx, &access, &glance).tell(&envelope)?,
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

/// Goes through a channel and tells its messages, until there are enough bytes.
struct Listener<'a> {
    tx: &'a ReadTx<'a>,
    access: &'a ChannelAccess,
    glance: &'a Glance,
    authors: Authors,
    bytes: usize,
}

impl<'a> Listener<'a> {
    fn new(tx: &'a ReadTx<'a>, access: &'a ChannelAccess, glance: &'a Glance) -> Self {
        Self { tx, access, glance, authors: Authors::default(), bytes: 0 }
    }

    /// The last messages below a sequence, oldest first.
    fn down(&mut self, mut below: Sequence, most: usize) -> Result<Vec<Told>, Error> {
        let mut told = Vec::new();
        while told.len() < most && self.bytes < STRETCH_BYTES {
            let Some(envelope) = inbox::newest_below(self.tx, self.glance, Walk::Everything, below)? else {
                break;
            };
            below = envelope.sequence;
            told.push(self.tell(&envelope)?);
        }
        told.reverse();
        Ok(told)
    }

    /// The first messages above a sequence, oldest first.
    fn up(&mut self, mut above: Sequence, most: usize) -> Result<Vec<Told>, Error> {
        let mut told = Vec::new();
        while told.len() < most && self.bytes < STRETCH_BYTES {
            let Some(next) = inbox::oldest_above(self.tx, self.access.row, above)? else { break };
            let below = Sequence(next.0.saturating_add(1));
            let Some(envelope) = inbox::newest_below(self.tx, self.glance, Walk::Everything, below)? else {
                break;
            };
            above = next;
            told.push(self.tell(&envelope)?);
        }
        Ok(told)
    }

    /// The stretch in which a message stands, with a few before it.
    fn around(&mut self, start: Sequence) -> Result<Vec<Told>, Error> {
        let mut told = self.up(Sequence(start.0.saturating_sub(1)), STRETCH - CONTEXT)?;
        let mut before = self.down(start, STRETCH - told.len())?;
        before.append(&mut told);
        Ok(before)
    }

    fn tell(&mut self, envelope: &Envelope) -> Result<Told, Error> {
        let message = messages::of_envelope(self.tx, self.access, envelope)?.ok_or(Error::MessageNotFound)?;
        self.bytes += message.payload.as_bytes().len();
        Ok(Told {
            author: self.authors.name(self.tx, self.access, envelope.author)?,
            unread: unread::is_unread(self.tx, self.glance, envelope)?,
            starred: noted::is_starred(self.tx, self.access.row, envelope.sequence)?,
            archived: unread::is_archived(self.tx, self.glance, envelope)?,
            message,
        })
    }
}

fn glance(tx: &ReadTx<'_>, access: &ChannelAccess) -> Result<Glance, Error> {
    inbox::glance(tx, access.row)?.ok_or(Error::ChannelNotFound)
}
