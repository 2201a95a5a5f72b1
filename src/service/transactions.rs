//! What a channel's messages report of transactions, with all that is said of one in one place.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use crate::auth::access::Owner;
use crate::callbacks::report::{Entry, read};
use crate::domain::channel::Channel;
use crate::domain::content::{Content, OfWallet, text_of};
use crate::domain::id::{ChannelId, ChannelRow};
use crate::domain::message::{Message, Sequence};
use crate::domain::read_state::{Selection, UnreadCount};
use crate::domain::time::Timestamp;
use crate::service::Reading;
use crate::service::channels::{owned, owned_access};
use crate::service::error::Error;
use crate::store::right::Right;
use crate::store::tx::ReadTx;
use crate::store::{Store, channel_access, inbox, messages, tokens};

/// Messages of which one table is made. What is older is left to the next one.
const MOST_MESSAGES: usize = 20_000;

/// What one table may cost, in bytes of messages that could be read meanwhile.
const EFFORT: usize = 32 * 1024 * 1024;

/// What it costs to open a message, and to keep a transaction that it names, which bounds the memory too.
const OPENED: usize = 512;
const KEPT: usize = 1024;

/// Tables of transactions, and all that is said of them as a stream.
#[derive(Clone)]
pub struct Transactions {
    store: Store,
}

/// The transactions of the newest messages of a channel.
#[derive(Debug)]
pub struct Table {
    pub channel: Channel,
    pub tokens: u64,
    pub unread: UnreadCount,
    /// That of the newest message first.
    pub transactions: Vec<Transaction>,
    /// Messages that were looked at, how many of them are about no transaction, and of how many only the holder's
    /// browser could tell.
    pub messages: usize,
    pub others: usize,
    pub sealed: usize,
    /// The oldest message that was looked at, where there are older ones.
    pub back_to: Option<(Sequence, Timestamp)>,
}

/// A transaction and what was said of it, the latest first; there is something.
#[derive(Debug)]
pub struct Transaction {
    pub txid: String,
    pub said: Vec<Said>,
}

/// What a message said of a transaction.
#[derive(Debug)]
pub struct Said {
    pub entry: Entry,
    pub sequence: Sequence,
    pub received: Timestamp,
    /// Which one it is in its message.
    place: usize,
}

impl Said {
    /// When it was so: as its writer says, else when it came. A report that was sent again may overtake another. None is
    /// of a time after it came: such a one would stand above all that follow. What was so at once was so in the order in
    /// which it was said.
    fn when(&self) -> (Timestamp, u32, Sequence, usize) {
        let said = self.entry.at.filter(|at| *at <= self.received);
        let (at, nanos) = said.map_or((self.received, u32::MAX), |at| (at, self.entry.nanos));
        (at, nanos, self.sequence, self.place)
    }
}

impl Transactions {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The table of the messages before this one, or of the newest.
    pub fn table(&self, owner: &Owner, channel: &ChannelId, before: Option<Sequence>) -> Reading<Table> {
        let (account, id) = (owner.account(), channel.clone());
        self.store.reading(move |tx| {
            let access = owned_access(tx, account, &id)?;
            let mut found = Found::default();
            let below = before.unwrap_or(Sequence(i64::MAX));
            messages::walk_down(tx, &access, below, |message| Ok::<_, Error>(found.take(message)))?;
            let glance = inbox::glance(tx, access.row)?.ok_or(Error::ChannelNotFound)?;
            Ok(Table {
                channel: owned(tx, account, &id)?,
                tokens: tokens::count(tx, access.row)?,
                unread: glance.unread,
                messages: found.messages,
                others: found.others,
                sealed: found.sealed,
                back_to: found.back_to,
                transactions: found.transactions(),
            })
        })
    }

    /// All that is said in the channel, oldest first and up to now.
    pub async fn all(&self, owner: &Owner, channel: &ChannelId) -> Result<AllSaid, Error> {
        let (account, id) = (owner.account(), channel.clone());
        let channel = self.store.read(move |tx| owned(tx, account, &id)).await?;
        let (store, owner) = (self.store.clone(), owner.clone());
        Ok(AllSaid { store, owner, row: channel.row, last: Sequence::NONE, end: channel.head })
    }
}

/// What messages said, a part at a time. Each part is of its own moment and needs the right again.
pub struct AllSaid {
    store: Store,
    owner: Owner,
    row: ChannelRow,
    last: Sequence,
    end: Sequence,
}

impl AllSaid {
    /// The next part, in which there is something; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<Said>>, Error> {
        while self.last < self.end {
            let part = self.part().await?;
            if !part.is_empty() {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    async fn part(&mut self) -> Result<Vec<Said>, Error> {
        let (owner, row, end) = (self.owner.clone(), self.row, self.end);
        let selection = Selection { unread_only: false, after: self.last, limit: None };
        let read = move |tx: &ReadTx<'_>| {
            owner.require(tx)?;
            let access = channel_access::load(tx, row)?.ok_or(Error::ChannelNotFound)?;
            let slice = messages::slice(tx, &access, None, selection)?;
            let last = slice.messages.last().map(|message| message.sequence);
            let known = slice.messages.iter().filter(|message| message.sequence <= end);
            Ok::<_, Error>((known.flat_map(said).collect(), last.filter(|_| slice.more)))
        };
        let (part, last) = self.store.read(read).await?;
        self.last = last.unwrap_or(self.end);
        Ok(part)
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    messages: usize,
    others: usize,
    sealed: usize,
    effort: usize,
    places: HashMap<String, usize>,
    transactions: Vec<Transaction>,
    last: Option<(Sequence, Timestamp)>,
    /// The last, where it stopped there.
    back_to: Option<(Sequence, Timestamp)>,
}

impl Found {
    /// Takes a message in, which is older than those before; whether another may be.
    fn take(&mut self, message: &Message) -> bool {
        if self.messages >= MOST_MESSAGES || self.effort >= EFFORT {
            self.back_to = self.last;
            return false;
        }
        self.messages += 1;
        self.last = Some((message.sequence, message.received));
        let content = content_of(message);
        let all = if content == Content::Json { said(message) } else { Vec::new() };
        self.effort += OPENED + message.payload.as_bytes().len() + KEPT * all.len();
        // No key of the holder's browser opens what one wallet made for another.
        let is_sealed = content == Content::Sealed && OfWallet::of(message.payload.as_bytes()).is_none();
        self.sealed += usize::from(is_sealed);
        self.others += usize::from(all.is_empty() && !is_sealed);
        for said in all {
            match self.places.entry(said.entry.txid.clone()) {
                Place::Occupied(place) => self.transactions[*place.get()].said.push(said),
                Place::Vacant(place) => {
                    let txid = said.entry.txid.clone();
                    place.insert(self.transactions.len());
                    self.transactions.push(Transaction { txid, said: vec![said] });
                }
            }
        }
        true
    }

    fn transactions(mut self) -> Vec<Transaction> {
        for transaction in &mut self.transactions {
            transaction.said.sort_by_key(|said| Reverse(said.when()));
        }
        self.transactions
    }
}

fn content_of(message: &Message) -> Content {
    Content::of(message.content_type.as_str(), message.payload.as_bytes())
}

/// What a message of JSON says of transactions; nothing when it is no report, or one on blocks alone.
fn said(message: &Message) -> Vec<Said> {
    let (kind, bytes) = (message.content_type.as_str(), message.payload.as_bytes());
    let entries = text_of(kind, bytes).and_then(|text| read(&text)).map(|report| report.entries);
    let (sequence, received) = (message.sequence, message.received);
    let entries = entries.unwrap_or_default().into_iter().enumerate();
    let all = entries.map(|(place, entry)| Said { entry, sequence, received, place });
    all.filter(|said| !said.entry.txid.is_empty()).collect()
}
